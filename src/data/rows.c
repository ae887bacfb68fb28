#include "data/rows.h"

#include "base/memory.h"

#include <string.h>

static void *values_of(const td_rows *rows, const td_schema *schema, td_role role)
{
    const td_schema_field *field = td_schema_with_role(schema, role);
    return field ? td_frame_values(&rows->frame, field->name) : NULL;
}

void td_rows_bind(td_rows *rows, const td_schema *schema)
{
    rows->count = rows->frame.count;
    rows->user = values_of(rows, schema, TD_ROLE_USER);
    rows->item = values_of(rows, schema, TD_ROLE_ITEM);
    rows->rating = values_of(rows, schema, TD_ROLE_LABEL);
    rows->weight = values_of(rows, schema, TD_ROLE_WEIGHT);
    rows->timestamp = values_of(rows, schema, TD_ROLE_TIME);
    rows->row = td_frame_values(&rows->frame, TD_FIELD_ROW);
    rows->bucket = td_frame_values(&rows->frame, TD_FIELD_BUCKET);
    rows->time = td_frame_values(&rows->frame, TD_FIELD_TIME);
}

/* Returns values, or those of a new field, all 0. */
static void *or_zeros(td_rows *rows, void *values, const char *name, td_type type)
{
    if (values)
        return values;
    td_field *field = td_frame_add(&rows->frame, name, type, 1);
    return memset(field->values, 0, (size_t)rows->count * td_type_size(type));
}

void td_rows_complete(td_rows *rows)
{
    const bool weighted = rows->weight != NULL;
    rows->user = or_zeros(rows, rows->user, ".user", TD_INT32);
    rows->item = or_zeros(rows, rows->item, ".item", TD_INT32);
    rows->row = or_zeros(rows, rows->row, TD_FIELD_ROW, TD_INT64);
    rows->rating = or_zeros(rows, rows->rating, ".rating", TD_FLOAT32);
    rows->weight = or_zeros(rows, rows->weight, ".weight", TD_FLOAT32);
    rows->timestamp = or_zeros(rows, rows->timestamp, ".timestamp", TD_INT64);
    rows->bucket = or_zeros(rows, rows->bucket, TD_FIELD_BUCKET, TD_INT32);
    rows->time = or_zeros(rows, rows->time, TD_FIELD_TIME, TD_FLOAT32);
    for (int64_t i = 0; !weighted && i < rows->count; i++)
        rows->weight[i] = 1;
}

td_rows td_rows_allocate(int64_t count)
{
    td_rows rows = {.frame = {.count = count, .room = count}, .count = count};
    td_rows_complete(&rows);
    return rows;
}

void td_rows_free(td_rows *rows)
{
    td_frame_free(&rows->frame);
    *rows = (td_rows){.count = 0};
}

void td_rows_append(td_rows *rows, const td_rows *from, int64_t first, int64_t count)
{
    rows->frame.count = rows->count;
    td_frame_append(&rows->frame, &from->frame, (td_range){first, count});
    rows->count += count;
}

void td_rows_set_times(td_rows *rows, const td_time_scale *scale)
{
    rows->bucket = or_zeros(rows, rows->bucket, TD_FIELD_BUCKET, TD_INT32);
    rows->time = or_zeros(rows, rows->time, TD_FIELD_TIME, TD_FLOAT32);
#pragma omp parallel for
    for (int64_t i = 0; i < rows->count; i++) {
        rows->bucket[i] = td_time_bucket(scale, rows->timestamp[i]);
        rows->time[i] = td_time_normalized(scale, rows->timestamp[i]);
    }
}

void td_rows_replace_times(td_rows *rows, const td_time_scale *scale)
{
    td_rows_set_times(rows, scale);
    for (size_t f = 0; f < rows->frame.fields; f++) {
        if (rows->frame.field[f].values != rows->timestamp)
            continue;
        td_frame_remove(&rows->frame, rows->frame.field[f].name);
        break;
    }
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
