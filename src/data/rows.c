/* Columns of interactions: whatever is done to a row is done to each column that is there. */
#include "data/rows.h"

#include "base/memory.h"

#include <string.h>

enum { COLUMNS = 8, LARGEST = sizeof(int64_t) };

typedef struct {
    unsigned char *values; /* NULL: left out */
    size_t size;           /* of an element */
} column;

/* The same list for all rows. */
static void list_columns(const td_rows *rows, column list[COLUMNS])
{
    const column all[COLUMNS] = {
        {(unsigned char *)rows->user, sizeof *rows->user},
        {(unsigned char *)rows->item, sizeof *rows->item},
        {(unsigned char *)rows->row, sizeof *rows->row},
        {(unsigned char *)rows->rating, sizeof *rows->rating},
        {(unsigned char *)rows->weight, sizeof *rows->weight},
        {(unsigned char *)rows->timestamp, sizeof *rows->timestamp},
        {(unsigned char *)rows->bucket, sizeof *rows->bucket},
        {(unsigned char *)rows->time, sizeof *rows->time},
    };
    memcpy(list, all, sizeof all);
}

td_rows td_rows_allocate(int64_t count, int columns)
{
    const size_t n = (size_t)count;
    td_rows rows = {
        .count = count,
        .user = TD_NEW(int32_t, n),
        .item = TD_NEW(int32_t, n),
        .row = TD_NEW(int64_t, n),
        .rating = columns & TD_COLUMN_RATING ? TD_NEW(float, n) : NULL,
        .weight = columns & TD_COLUMN_WEIGHT ? TD_NEW(float, n) : NULL,
        .timestamp = columns & TD_COLUMN_TIMESTAMP ? TD_NEW(int64_t, n) : NULL,
        .bucket = columns & TD_COLUMN_MOMENT ? TD_NEW(int32_t, n) : NULL,
        .time = columns & TD_COLUMN_MOMENT ? TD_NEW(float, n) : NULL,
    };
    for (size_t i = 0; rows.weight && i < n; i++)
        rows.weight[i] = 1;
    return rows;
}

void td_rows_free(td_rows *rows)
{
    column list[COLUMNS];
    list_columns(rows, list);
    for (size_t c = 0; c < COLUMNS; c++)
        td_free(list[c].values);
    *rows = (td_rows){.count = 0};
}

void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count)
{
    column to[COLUMNS], source[COLUMNS];
    list_columns(rows, to);
    list_columns(from, source);
    for (size_t c = 0; c < COLUMNS; c++) {
        const size_t size = to[c].size;
        if (to[c].values && source[c].values)
            memmove(to[c].values + (size_t)rows->count * size,
                    source[c].values + (size_t)first * size, (size_t)count * size);
    }
    rows->count += count;
}

/* size is a constant where this is called, so that an element is one load and one store. */
static inline void take(unsigned char *to, const unsigned char *from, size_t size, int64_t count,
                        const int64_t *places)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + (size_t)i * size, from + (size_t)places[i] * size, size);
}

void td_rows_reorder(td_rows *rows, int64_t first, int64_t count, const int64_t *places)
{
    column list[COLUMNS];
    unsigned char *copy = td_allocate((size_t)count, LARGEST);
    list_columns(rows, list);
    for (size_t c = 0; c < COLUMNS; c++) {
        const size_t size = list[c].size;
        if (!list[c].values)
            continue;
        unsigned char *values = list[c].values + (size_t)first * size;
        memcpy(copy, values, (size_t)count * size);
        if (size == sizeof(int32_t))
            take(values, copy, sizeof(int32_t), count, places);
        else
            take(values, copy, sizeof(int64_t), count, places);
    }
    td_free(copy);
}

void td_rows_set_times(td_rows *rows, const td_time_scale *scale)
{
#pragma omp parallel for
    for (int64_t i = 0; i < rows->count; i++) {
        rows->bucket[i] = td_time_bucket(scale, rows->timestamp[i]);
        rows->time[i] = td_time_normalized(scale, rows->timestamp[i]);
    }
}

void td_rows_replace_times(td_rows *rows, const td_time_scale *scale)
{
    rows->bucket = TD_NEW(int32_t, (size_t)rows->count);
    rows->time = TD_NEW(float, (size_t)rows->count);
    td_rows_set_times(rows, scale);
    td_free(rows->timestamp);
    rows->timestamp = NULL;
}

static char buckets_name[] = "feature/timestamp_buckets", time_name[] = "feature/timestamp";

const td_time_scale *td_derived_times(const td_derivations *derivations)
{
    const td_derivation *found = td_derivations_find(derivations, buckets_name);
    if (!found)
        found = td_derivations_find(derivations, time_name);
    return found ? &found->scale : NULL;
}

td_frame td_rows_context(const td_rows *rows, td_field fields[TD_CONTEXT_FIELDS])
{
    fields[0] = (td_field){buckets_name, TD_INT32, 1, rows->bucket, NULL, 0};
    fields[1] = (td_field){time_name, TD_FLOAT32, 1, rows->time, NULL, 0};
    return (td_frame){.count = rows->count, .fields = TD_CONTEXT_FIELDS, .field = fields};
}
