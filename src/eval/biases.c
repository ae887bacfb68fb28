/* Ranks share the users, and so their rows. */
#include "eval/biases.h"

#include "base/memory.h"
#include "math/exact_sum.h"

#include <math.h>

struct td_biases {
    float mean;
    float *user; /* (users + 1), 0 for the unknown one */
    float *item; /* (items + 1) */
};

/* Sums of terms, and how many there are, by id. */
typedef struct {
    size_t ids;
    td_exact *sum;  /* (ids) */
    int64_t *count; /* (ids) */
    td_magnitude largest;
} sums;

static sums sums_of(size_t ids)
{
    return (sums){.ids = ids, .sum = TD_NEW(td_exact, ids), .count = TD_NEW(int64_t, ids)};
}

static void sums_free(sums *s)
{
    td_free(s->sum);
    td_free(s->count);
}

static void add(sums *s, int32_t id, float term)
{
    const td_magnitude size = td_exact_add(TD_EXACT_TOTAL, 1, &term, &s->sum[id]);
    s->largest = size > s->largest ? size : s->largest;
    s->count[id]++;
}

/* C: over the ranks. */
static td_status join(td_comm *comm, sums *s, size_t rows)
{
    td_comm_sum(comm, s->ids, s->sum);
    td_comm_sum(comm, s->ids, s->count);
    td_comm_max(comm, 1, &s->largest);
    if (td_exact_in_range(TD_EXACT_TOTAL, rows, s->largest))
        return TD_OK;
    return td_fail(TD_ERR_NUMERIC, "eval.systems: biases: labels are not finite, or beyond the "
                                   "range of exact sums; leave biases out");
}

/* b (ids) = sum / (count + damping) */
static float *damped(const sums *s, double damping)
{
    float *b = TD_NEW(float, s->ids);
    for (size_t i = 0; i < s->ids; i++)
        if (s->count[i] > 0)
            b[i] = (float)(ldexp((double)s->sum[i], -TD_EXACT_TOTAL) /
                           ((double)s->count[i] + damping));
    return b;
}

/* C: b of users or of items, from what is left of their labels. */
static td_status find_biases(td_comm *comm, const td_rows *rows, const td_data_info *info,
                             bool of_users, double damping, td_biases *b)
{
    sums s = sums_of((size_t)(of_users ? info->users : info->items) + 1);
    for (int64_t i = 0; i < rows->count; i++)
        if (!isnan(rows->rating[i]))
            add(&s, of_users ? rows->user[i] : rows->item[i],
                rows->rating[i] - b->mean - b->item[rows->item[i]]);
    const td_status status = join(comm, &s, (size_t)info->rows[TD_TRAIN]);
    float *found = damped(&s, damping);
    float **to = of_users ? &b->user : &b->item;
    td_free(*to);
    *to = found;
    sums_free(&s);
    return status;
}

/* C */
static td_status find_mean(td_comm *comm, const td_rows *rows, const td_data_info *info,
                           td_biases *b)
{
    sums s = sums_of(1);
    for (int64_t i = 0; i < rows->count; i++)
        if (!isnan(rows->rating[i]))
            add(&s, 0, rows->rating[i]);
    const td_status status = join(comm, &s, (size_t)info->rows[TD_TRAIN]);
    float *mean = damped(&s, 0);
    b->mean = mean[0];
    td_free(mean);
    sums_free(&s);
    return status;
}

/* C: this rank's users' training rows, with user, item and label alone. */
static td_status read_rows(td_comm *comm, td_dataset *data, td_rows *rows)
{
    int64_t first, count, *offsets;
    const td_schema *schema = &td_dataset_info(data)->schema;
    const td_schema_field *label = td_schema_with_role(schema, TD_ROLE_LABEL);
    if (!label)
        return td_fail(TD_ERR_CONFIG, "eval.systems: biases needs labels, which the data have not; "
                                      "leave it out");
    const char *const fields[] = {td_schema_with_role(schema, TD_ROLE_ITEM)->name, label->name,
                                  NULL};
    td_comm_share(comm, td_dataset_info(data)->users, &first, &count);
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, first, count, fields, &offsets, rows));
    td_free(offsets);
    return TD_OK;
}

td_status td_biases_create(td_comm *comm, td_dataset *data, double damping, td_biases **out)
{
    const td_data_info *info = td_dataset_info(data);
    td_rows rows;
    TD_TRY(read_rows(comm, data, &rows));
    td_biases *b = TD_NEW(td_biases, 1);
    b->item = TD_NEW(float, (size_t)info->items + 1);
    td_status status = find_mean(comm, &rows, info, b);
    if (status == TD_OK)
        status = find_biases(comm, &rows, info, false, damping, b);
    if (status == TD_OK)
        status = find_biases(comm, &rows, info, true, damping, b);
    td_rows_free(&rows);
    if (status == TD_OK)
        *out = b;
    else
        td_biases_free(b);
    return status;
}

void td_biases_free(td_biases *biases)
{
    if (!biases)
        return;
    td_free(biases->user);
    td_free(biases->item);
    td_free(biases);
}

float td_biases_predict(const td_biases *biases, int32_t user, int32_t item)
{
    return biases->mean + biases->user[user] + biases->item[item];
}
