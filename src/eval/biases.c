/* Ranks share the users, and so their rows. */
#include "eval/biases.h"

#include "base/memory.h"
#include "math/exact_sum.h"

#include <math.h>

/* Those of one target. */
typedef struct {
    float mean;
    float *user; /* (users + 1), 0 for the unknown one */
    float *item; /* (items + 1) */
} biases_of;

struct td_biases {
    size_t targets;
    biases_of *of; /* (targets); NULLs for those that were not asked for */
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
    return td_fail(TD_ERR_NUMERIC,
                   "eval.systems: labels are not finite, or beyond the range of exact "
                   "sums; leave biases and base_rate out");
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

/* Training rows of this rank's users. */
typedef struct {
    td_rows rows;
    float *label; /* (rows), NaN for none */
} labeled_rows;

/* C: b of users or of items, from what is left of their labels. */
static td_status find_biases(td_comm *comm, const labeled_rows *l, const td_data_info *info,
                             bool of_users, double damping, biases_of *b)
{
    const td_rows *rows = &l->rows;
    sums s = sums_of((size_t)(of_users ? info->users : info->items) + 1);
    for (int64_t i = 0; i < rows->count; i++)
        if (!isnan(l->label[i]))
            add(&s, of_users ? rows->user[i] : rows->item[i],
                l->label[i] - b->mean - b->item[rows->item[i]]);
    const td_status status = join(comm, &s, (size_t)info->rows[TD_TRAIN]);
    float *found = damped(&s, damping);
    float **to = of_users ? &b->user : &b->item;
    td_free(*to);
    *to = found;
    sums_free(&s);
    return status;
}

/* C */
static td_status find_mean(td_comm *comm, const labeled_rows *l, const td_data_info *info,
                           biases_of *b)
{
    sums s = sums_of(1);
    for (int64_t i = 0; i < l->rows.count; i++)
        if (!isnan(l->label[i]))
            add(&s, 0, l->label[i]);
    const td_status status = join(comm, &s, (size_t)info->rows[TD_TRAIN]);
    float *mean = damped(&s, 0);
    b->mean = mean[0];
    td_free(mean);
    sums_free(&s);
    return status;
}

/* C */
static td_status fit(td_comm *comm, const labeled_rows *l, const td_data_info *info,
                     const td_bias_rule *rule, biases_of *b)
{
    b->user = TD_NEW(float, (size_t)info->users + 1);
    b->item = TD_NEW(float, (size_t)info->items + 1);
    TD_TRY(find_mean(comm, l, info, b));
    if (rule->means_alone)
        return TD_OK;
    TD_TRY(find_biases(comm, l, info, false, rule->damping, b));
    return find_biases(comm, l, info, true, rule->damping, b);
}

td_status td_biases_create(td_comm *comm, const td_model *model, td_dataset *data,
                           const td_targets *targets, const bool *is_asked,
                           const td_bias_rule *rule, td_biases **out)
{
    labeled_rows l;
    TD_TRY(td_targets_read_training(comm, model, data, &l.rows));
    td_biases *biases = TD_NEW(td_biases, 1);
    biases->targets = targets->count;
    biases->of = TD_NEW(biases_of, targets->count);
    td_status status = TD_OK;
    for (size_t t = 0; t < targets->count && status == TD_OK; t++) {
        if (!is_asked[t])
            continue;
        l.label = td_target_labels(&targets->target[t], &l.rows);
        status = fit(comm, &l, td_dataset_info(data), rule, &biases->of[t]);
        td_free(l.label);
    }
    td_rows_free(&l.rows);
    if (status == TD_OK)
        *out = biases;
    else
        td_biases_free(biases);
    return status;
}

void td_biases_free(td_biases *biases)
{
    if (!biases)
        return;
    for (size_t t = 0; t < biases->targets; t++) {
        td_free(biases->of[t].user);
        td_free(biases->of[t].item);
    }
    td_free(biases->of);
    td_free(biases);
}

float td_biases_predict(const td_biases *biases, size_t target, int32_t user, int32_t item)
{
    const biases_of *b = &biases->of[target];
    return b->mean + b->user[user] + b->item[item];
}
