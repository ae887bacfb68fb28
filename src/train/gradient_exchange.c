/* A step's gradients over all ranks: of dense parameters, with losses and flags, and of tables. */
#include "train/trainer_parts.h"

#include "base/log.h"

#include <string.h>

/* From so many elements on, sums go to owners, who give gradients as floats to all: 12 bytes an
 * element instead of the 16 that a sum for all moves, but more messages (docs/decisions.md). */
enum { DENSE_BY_OWNERS = 1 << 17 };

/* dense (dense_size + tasks) = the sum over threads; largest (terms) = the maximum */
void td_trainer_join_workers(td_trainer *t)
{
    const size_t dense = t->model->parameters.dense_size, tasks = t->model->tasks;
    const size_t terms = td_terms(&t->model->parameters, tasks);
    memset(t->dense, 0, (dense + t->totals) * sizeof *t->dense);
    memset(t->largest, 0, terms * sizeof *t->largest);
    for (int i = 0; i < t->threads; i++) {
        const td_gradients *g = &t->workers[i].gradients;
        td_exact_merge(dense, g->dense, t->dense);
        td_exact_merge(tasks, g->losses, td_trainer_totals(t));
        for (size_t k = 0; k < terms; k++)
            if (g->largest[k] > t->largest[k])
                t->largest[k] = g->largest[k];
    }
}

static bool is_loss(const td_trainer *t, size_t term)
{
    return term >= td_term_loss(&t->model->parameters, 0);
}

/* The same of a term on every rank: it goes by the batch's tiles. */
static bool is_in_range(const td_trainer *t, size_t term)
{
    const size_t terms = (size_t)t->tiles * (is_loss(t, term) ? TD_TILE_ROWS : 1);
    return td_exact_in_range(is_loss(t, term) ? TD_EXACT_TOTAL : TD_EXACT_GRADIENT, terms,
                             t->largest[term]);
}

/* This rank's verdict on its largest terms, its requests, and its counts of the next step's items,
 * as numbers to be added up. Returns how many follow the dense gradients. */
static size_t put_totals(td_trainer *t, const td_step *step)
{
    td_exact *totals = td_trainer_totals(t);
    for (size_t k = 0; k < td_terms(&t->model->parameters, t->model->tasks); k++)
        totals[t->out_of_range] += !is_in_range(t, k);
    for (unsigned i = 0; i < REQUESTS; i++)
        totals[t->first_request + i] = step->requests >> i & 1;
    if (!step->next)
        return t->totals;
    const td_batch next =
        td_uniform_negatives_add(&t->uniform_negatives, step->number + 1, step->next);
    td_batch_columns_put(&t->batch_columns, &next, totals + t->totals);
    return t->totals + td_batch_columns_words(&t->batch_columns);
}

/* C: names the first term that is out of range on any rank. */
static td_status refuse_terms(td_trainer *t, int64_t number)
{
    size_t k = 0;
    char name[128];
    td_comm_max(t->comm, td_terms(&t->model->parameters, t->model->tasks), t->largest);
    while (is_in_range(t, k))
        k++;
    float size;
    memcpy(&size, &t->largest[k], sizeof size);
    td_model_term_name(t->model, k, sizeof name, name);
    return td_fail(TD_ERR_NUMERIC,
                   "step %lld: %s of %s has a term of size %g, which is not finite or too "
                   "large to be summed exactly; the last checkpoint is kept; begin another "
                   "run with a lower optimizer.learning_rate, a higher retrieval.temperature, or "
                   "ratings and weights on a smaller scale",
                   (long long)number, is_loss(t, k) ? "the value" : "the gradient", name,
                   (double)size);
}

/* Verdict and counts of all ranks; C where the verdict is that a term is out of range. */
static td_status take_totals(td_trainer *t, const td_step *step)
{
    const td_exact *totals = td_trainer_totals(t);
    if (totals[t->out_of_range] > 0)
        return refuse_terms(t, step->number);
    if (step->next)
        td_batch_columns_take(&t->batch_columns, step->number + 1, totals + t->totals);
    return TD_OK;
}

/* C: sums for all, in one collective. */
static td_status sum_for_all(td_trainer *t, const td_step *step, size_t totals)
{
    const size_t dense = t->model->parameters.dense_size;
    td_comm_sum(t->comm, dense + totals, t->dense);
    TD_TRY(take_totals(t, step));
    td_exact_to_float(TD_EXACT_GRADIENT, dense, t->dense, t->gradient);
    return TD_OK;
}

/* C: the totals for all, and nothing else. */
static td_status sum_totals(td_trainer *t, const td_step *step, size_t totals)
{
    td_comm_sum(t->comm, totals, td_trainer_totals(t));
    return take_totals(t, step);
}

/* C: each rank gets the sums of its share of the elements, and gives them to all as floats. */
static td_status sum_by_owners(td_trainer *t, const td_step *step, size_t totals)
{
    const int rank = td_comm_rank(t->comm);
    const size_t first = t->owners[rank], n = t->owners[rank + 1] - first;
    TD_TRY(sum_totals(t, step, totals));
    td_comm_reduce_scatter(t->comm, t->owners, t->dense);
    td_exact_to_float(TD_EXACT_GRADIENT, n, t->dense + first, t->gradient + first);
    td_comm_allgatherv_into(t->comm, t->gradient + first, sizeof *t->gradient, t->owners,
                            t->gradient);
    return TD_OK;
}

/* Many elements go by owners, few in one sum; a step that measures sums totals alone. */
td_status td_trainer_exchange_dense(td_trainer *t, const td_step *step)
{
    const bool by_owners =
        td_comm_size(t->comm) > 1 && t->model->parameters.dense_size >= DENSE_BY_OWNERS;
    const size_t totals = put_totals(t, step);
    if (step->measures)
        return sum_totals(t, step, totals);
    return by_owners ? sum_by_owners(t, step, totals) : sum_for_all(t, step, totals);
}

/* C: ids (rows) and sums (rows, width) of all ranks, joined by id. */
void td_trainer_exchange_rows(td_trainer *t, td_row_sums *sums)
{
    size_t *offsets = t->row_offsets;
    td_comm_offsets(t->comm, sums->count, offsets);
    const size_t rows = offsets[td_comm_size(t->comm)], width = sums->width;
    int32_t *ids = td_buffer_fit(&t->row_ids, rows, sizeof *ids);
    td_exact *parts = td_buffer_fit(&t->row_parts, rows * width, sizeof *parts);
    td_comm_allgatherv_into(t->comm, sums->ids, sizeof *ids, offsets, ids);
    td_comm_allgatherv_into(t->comm, sums->sums, width * sizeof *parts, offsets, parts);
    td_row_sums_clear(sums);
    td_row_sums_merge(sums, rows, ids, parts);
}
