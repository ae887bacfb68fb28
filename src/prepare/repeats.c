/* Rows that repeat each other: of one user, item, and the same values of the fields that
 * repeats_by tells. A user's rows are sorted, so that these stand together, oldest first. */
#include "base/memory.h"
#include "data/half_life.h"
#include "prepare/row_rules.h"
#include "prepare/weights.h"

#include <math.h>
#include <string.h>

/* What tells rows apart. */
typedef struct {
    const td_row_choice *rows;
    size_t count;
    const td_field **by;  /* (count) */
    float *weight;        /* (rows) NULL without weights */
    td_row_order by_time; /* of those that repeat each other */
} telling;

/* Returns which fields of rows count: those that the rules name, else all categories. */
static const td_field **find_fields(const td_preparing *p, size_t *count)
{
    const td_source_table *table = &p->source->table[TD_OF_ROW];
    const td_row_rules *rules = &p->source->rules;
    const td_field **by = TD_NEW(const td_field *, table->count);
    *count = 0;
    for (size_t f = 0; f < table->count; f++) {
        const td_source_field *field = &table->fields[f];
        bool counts = !rules->says_repeats_by && field->role == TD_ROLE_NONE &&
                      td_kind_has_vocabulary(field->kind);
        for (size_t r = 0; r < rules->repeats_by_count; r++)
            counts = counts || strcmp(rules->repeats_by[r], field->name) == 0;
        if (counts)
            by[(*count)++] = td_frame_find(&p->rows.frame, field->name);
    }
    return by;
}

static int compare_lists(const td_field *field, int64_t a, int64_t b)
{
    const size_t size = td_field_size(field);
    const int64_t *offsets = field->offsets;
    const int64_t left = offsets[a + 1] - offsets[a], right = offsets[b + 1] - offsets[b];
    if (left != right)
        return left < right ? -1 : 1;
    return memcmp((const char *)field->values + (size_t)offsets[a] * size,
                  (const char *)field->values + (size_t)offsets[b] * size, (size_t)left * size);
}

/* Orders rows by what tells them apart; 0 of rows that repeat each other. */
static int compare_values(const telling *t, int64_t a, int64_t b)
{
    const int32_t *item = t->rows->item;
    int order = (item[a] > item[b]) - (item[a] < item[b]);
    for (size_t f = 0; f < t->count && order == 0; f++) {
        const td_field *field = t->by[f];
        const size_t size = td_field_size(field);
        order = field->offsets ? compare_lists(field, a, b)
                               : memcmp((const char *)field->values + (size_t)a * size,
                                        (const char *)field->values + (size_t)b * size, size);
    }
    return order;
}

static uint64_t key_by_item(const void *context, int64_t place)
{
    const telling *t = context;
    return (uint64_t)t->rows->item[place];
}

static int compare_fully(const void *context, int64_t a, int64_t b)
{
    const telling *t = context;
    const int order = compare_values(t, a, b);
    return order != 0 ? order : td_row_compare(&t->by_time, a, b);
}

/* Returns the sum, or the largest, of the weights of rows that repeat each other, each as old as it
 * is at the time of the last. */
static double join_weights(const telling *t, int64_t n, const int64_t *row)
{
    const td_row_choice *rows = t->rows;
    const bool adds = rows->p->source->rules.repeats == TD_REPEATS_SUM;
    double joined = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t age =
            rows->time ? td_age_between(rows->time[row[n - 1]], rows->time[row[i]]) : 0;
        const double weight =
            (double)t->weight[row[i]] * td_decay_by_age(age, rows->p->source->weight.half_life);
        joined = adds ? joined + weight : fmax(joined, weight);
    }
    return joined;
}

/* Leaves one of n rows that repeat each other, oldest first; false if its weight is too large. */
static bool keep_one(const telling *t, int64_t n, const int64_t *row)
{
    const td_repeats repeats = t->rows->p->source->rules.repeats;
    const int64_t kept = repeats == TD_REPEATS_FIRST ? row[0] : row[n - 1];
    if (n == 1)
        return true;
    for (int64_t i = 0; i < n; i++)
        t->rows->keep[row[i]] = row[i] == kept;
    if (repeats != TD_REPEATS_SUM && repeats != TD_REPEATS_MAX)
        return true;
    const double weight = join_weights(t, n, row);
    t->weight[kept] = (float)weight;
    return weight <= (double)TD_WEIGHT_MAX;
}

td_status td_keep_distinct(td_row_choice *rows)
{
    const td_preparing *p = rows->p;
    const td_source_field *weight = td_source_with_role(p->source, TD_ROLE_WEIGHT);
    telling t = {.rows = rows, .by_time = td_by_time(rows)};
    const td_row_order order = {key_by_item, compare_fully, &t};
    bool fits = true;
    t.by = find_fields(p, &t.count);
    t.weight = weight ? td_frame_values(&p->rows.frame, weight->name) : NULL;
    for (int64_t u = 0; u < p->owners.count; u++) {
        int64_t *row = rows->row + rows->offsets[u];
        const int64_t n = rows->offsets[u + 1] - rows->offsets[u];
        const int64_t left = td_sort_left(rows, n, row, &order);
        for (int64_t first = 0, end; first < left; first = end) {
            for (end = first + 1; end < left && compare_values(&t, row[first], row[end]) == 0;)
                end++;
            fits = keep_one(&t, end - first, row + first) && fits;
        }
    }
    td_free(t.by);
    if (!td_comm_any(p->comm, !fits))
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "repeats: expected weights whose sums are at most %g",
                   (double)TD_WEIGHT_MAX);
}
