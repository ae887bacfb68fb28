/* A step's gradients over all ranks: of dense parameters, with losses and flags, and of tables. */
#include "train/trainer_parts.h"

#include <string.h>

/* From so many elements on, sums go to owners, who give gradients as floats to all: 12 bytes an
 * element instead of the 16 that a sum for all moves, but more messages (docs/decisions.md). */
enum { DENSE_BY_OWNERS = 1 << 17 };

/* dense (dense_size + tasks) = the sum over threads; largest (terms) = the maximum */
void td_trainer_join_workers(td_trainer *t)
{
    enum { PIECE = 4096 }; /* elements that a thread sums at a time, in cache */
    const size_t dense = t->model->parameters.dense_size, tasks = t->model->tasks;
    const size_t terms = td_terms(&t->model->parameters, tasks);
    memset(td_trainer_totals(t), 0, t->totals * sizeof *t->dense);
    memset(t->largest, 0, terms * sizeof *t->largest);
#pragma omp parallel for
    for (size_t first = 0; first < dense; first += PIECE) {
        const size_t n = dense - first < PIECE ? dense - first : PIECE;
        memset(t->dense + first, 0, n * sizeof *t->dense);
        for (int i = 0; i < t->threads; i++)
            td_exact_merge(n, t->workers[i].gradients.dense + first, t->dense + first);
    }
    for (int i = 0; i < t->threads; i++) {
        const td_gradients *g = &t->workers[i].gradients;
        td_exact_merge(tasks, g->losses, td_trainer_totals(t));
        for (size_t k = 0; k < terms; k++)
            if (g->largest[k] > t->largest[k])
                t->largest[k] = g->largest[k];
    }
}

/* This rank's verdict on its largest terms, its requests, and its counts of the next step's items,
 * as numbers to be added up. Returns how many follow the dense gradients. */
static size_t put_totals(td_trainer *t, const td_step *step)
{
    td_exact *totals = td_trainer_totals(t);
    for (size_t k = 0; k < td_model_terms(t->model); k++)
        totals[t->out_of_range] += !td_trainer_fits(t, k);
    for (unsigned i = 0; i < REQUESTS; i++)
        totals[t->first_request + i] = step->requests >> i & 1;
    if (!step->next)
        return t->totals;
    const td_batch next =
        td_uniform_negatives_add(&t->uniform_negatives, step->number + 1, step->next);
    td_batch_columns_put(&t->batch_columns, &next, totals + t->totals);
    return t->totals + td_batch_columns_words(&t->batch_columns);
}

/* Verdict and counts of all ranks; C where the verdict is that a term does not fit. */
static td_status take_totals(td_trainer *t, const td_step *step, bool *fits)
{
    const td_exact *totals = td_trainer_totals(t);
    *fits = totals[t->out_of_range] == 0;
    if (!*fits)
        return td_trainer_coarsen_units(t, step->number);
    if (step->next)
        td_batch_columns_take(&t->batch_columns, step->number + 1, totals + t->totals);
    return TD_OK;
}

/* gradient = the sums of the dense elements [first, end), each tensor's in its unit */
static void to_gradient(td_trainer *t, size_t first, size_t end)
{
    const td_parameters *parameters = &t->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        const size_t tensor_end = tensor->offset + tensor->rows * tensor->columns;
        const size_t from = tensor->offset > first ? tensor->offset : first;
        const size_t to = tensor_end < end ? tensor_end : end;
        if (!tensor->is_table && from < to)
            td_exact_to_float(td_term_exponent(parameters, i) - t->coarser[i], to - from,
                              t->dense + from, t->gradient + from);
    }
}

/* C: sums for all, in one collective. */
static td_status sum_for_all(td_trainer *t, const td_step *step, size_t totals, bool *fits)
{
    const size_t dense = t->model->parameters.dense_size;
    td_comm_sum(t->comm, dense + totals, t->dense);
    TD_TRY(take_totals(t, step, fits));
    if (*fits)
        to_gradient(t, 0, dense);
    return TD_OK;
}

/* C: the totals for all, and nothing else. */
static td_status sum_totals(td_trainer *t, const td_step *step, size_t totals, bool *fits)
{
    td_comm_sum(t->comm, totals, td_trainer_totals(t));
    return take_totals(t, step, fits);
}

/* C: each rank gets the sums of its share of the elements, and gives them to all as floats. */
static td_status sum_by_owners(td_trainer *t, const td_step *step, size_t totals, bool *fits)
{
    const int rank = td_comm_rank(t->comm);
    const size_t first = t->owners[rank];
    TD_TRY(sum_totals(t, step, totals, fits));
    if (!*fits)
        return TD_OK;
    td_comm_reduce_scatter(t->comm, t->owners, t->dense);
    to_gradient(t, first, t->owners[rank + 1]);
    td_comm_allgatherv_into(t->comm, t->gradient + first, sizeof *t->gradient, t->owners,
                            t->gradient);
    return TD_OK;
}

/* Many elements go by owners, few in one sum; a step that measures sums totals alone. */
td_status td_trainer_exchange_dense(td_trainer *t, const td_step *step, bool *fits)
{
    const bool by_owners =
        td_comm_size(t->comm) > 1 && t->model->parameters.dense_size >= DENSE_BY_OWNERS;
    const size_t totals = put_totals(t, step);
    if (step->measures)
        return sum_totals(t, step, totals, fits);
    return by_owners ? sum_by_owners(t, step, totals, fits) : sum_for_all(t, step, totals, fits);
}

/* C: ids (rows) and sums (rows, width) of all ranks, joined by id. */
void td_trainer_exchange_rows(td_trainer *t, td_row_sums *sums)
{
    size_t *offsets = t->row_offsets;
    int32_t *ids =
        td_comm_allgatherv_fit(t->comm, sums->ids, sums->count, sizeof *ids, offsets, &t->row_ids);
    const size_t rows = offsets[td_comm_size(t->comm)], width = sums->width;
    td_exact *parts = td_buffer_fit(&t->row_parts, rows * width, sizeof *parts);
    td_comm_allgatherv_into(t->comm, sums->sums, width * sizeof *parts, offsets, parts);
    td_row_sums_clear(sums);
    td_row_sums_merge(sums, rows, ids, parts);
}
