/* A step's gradients over all ranks: of dense parameters, with losses and flags, and of tables. */
#include "train/trainer_parts.h"

#include "base/range.h"

#include <string.h>

/* From so many elements on, sums go to owners, who give gradients as floats to all: 12 bytes an
 * element instead of the 16 that a sum for all moves, but more messages (docs/decisions.md). */
enum { DENSE_BY_OWNERS = 1 << 17 };

/* What is done to elements [first, end) of a dense tensor. */
typedef void dense_part(td_trainer *t, size_t tensor, size_t first, size_t end);

/* Does it to those of a piece, tensor by tensor. */
static void do_piece(td_trainer *t, size_t first, size_t end, dense_part *part)
{
    const td_parameters *parameters = &t->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        const size_t tensor_end = tensor->offset + tensor->rows * tensor->columns;
        const size_t from = tensor->offset > first ? tensor->offset : first;
        const size_t to = tensor_end < end ? tensor_end : end;
        if (!tensor->is_table && from < to)
            part(t, i, from, to);
    }
}

/* Does it to the dense elements [first, end), in as many pieces for each thread, none of more than
 * a core's cache holds. */
static void do_dense(td_trainer *t, size_t first, size_t end, dense_part *part)
{
    enum { MOST = 4096 };
    const size_t n = end - first, threads = (size_t)t->threads;
    const int64_t pieces = (int64_t)(threads * ((n + MOST * threads - 1) / (MOST * threads)));
#pragma omp parallel for
    for (int64_t p = 0; p < pieces; p++)
        do_piece(t, first + (size_t)td_share((int64_t)n, p, pieces),
                 first + (size_t)td_share((int64_t)n, p + 1, pieces), part);
}

/* dense = the sum over the threads that have terms of the tensor, if any has */
static void join_part(td_trainer *t, size_t tensor, size_t first, size_t end)
{
    bool any = false;
    for (int i = 0; i < t->threads; i++) {
        const td_gradients *g = &t->workers[i].gradients;
        if (g->has_dense[tensor])
            td_exact_join(!any, end - first, g->dense + first, t->dense + first);
        any = any || g->has_dense[tensor];
    }
}

/* Of which tensors any thread has terms. */
static void find_terms(td_trainer *t)
{
    for (size_t k = 0; k < t->model->parameters.count; k++) {
        t->has_dense[k] = false;
        for (int i = 0; i < t->threads; i++)
            t->has_dense[k] |= t->workers[i].gradients.has_dense[k];
    }
}

/* dense (dense_size + tasks) = the sum over threads; largest (terms) = the maximum */
void td_trainer_join_workers(td_trainer *t)
{
    const size_t tasks = t->model->tasks, terms = td_terms(&t->model->parameters, tasks);
    memset(td_trainer_totals(t), 0, t->totals * sizeof *t->dense);
    memset(t->largest, 0, terms * sizeof *t->largest);
    find_terms(t);
    do_dense(t, 0, t->model->parameters.dense_size, join_part);
    for (int i = 0; i < t->threads; i++) {
        const td_gradients *g = &t->workers[i].gradients;
        td_exact_merge(tasks, g->losses, td_trainer_totals(t));
        for (size_t k = 0; k < terms; k++)
            if (g->largest[k] > t->largest[k])
                t->largest[k] = g->largest[k];
    }
}

void td_trainer_count_next(td_trainer *t, const td_step *step)
{
    if (!step->next)
        return;
    const td_batch next =
        td_uniform_negatives_add(&t->uniform_negatives, step->number + 1, step->next);
    td_batch_columns_put(&t->batch_columns, &next, td_trainer_totals(t) + t->totals);
}

/* This rank's verdict on its largest terms, and its requests, as numbers to be added up; its counts
 * of the next step's items are there already. Returns how many follow the dense gradients. */
static size_t put_totals(td_trainer *t, const td_step *step)
{
    td_exact *totals = td_trainer_totals(t);
    for (size_t k = 0; k < td_model_terms(t->model); k++)
        totals[t->out_of_range] += !td_trainer_fits(t, k);
    for (unsigned i = 0; i < REQUESTS; i++)
        totals[t->first_request + i] = step->requests >> i & 1;
    return t->totals + (step->next ? td_batch_columns_words(&t->batch_columns) : 0);
}

/* Verdict and counts of all ranks; C where the verdict is that a term does not fit. */
static td_status take_totals(td_trainer *t, const td_step *step, bool *fits)
{
    const td_exact *totals = t->totals_of_all;
    *fits = totals[t->out_of_range] == 0;
    if (!*fits)
        return td_trainer_coarsen_units(t, step->number);
    if (step->next)
        td_batch_columns_take(&t->batch_columns, step->number + 1, totals + t->totals);
    return TD_OK;
}

/* gradient = the sums, in the tensor's unit */
static void part_to_gradient(td_trainer *t, size_t tensor, size_t first, size_t end)
{
    td_exact_to_float(td_term_exponent(&t->model->parameters, tensor) - t->coarser[tensor],
                      end - first, t->dense + first, t->gradient + first);
}

/* Sums that go to others whole are 0 where there are no terms. */
static void fill_part(td_trainer *t, size_t tensor, size_t first, size_t end)
{
    if (!t->has_dense[tensor])
        memset(t->dense + first, 0, (end - first) * sizeof *t->dense);
}

/* C: sums for all, in one collective. */
static td_status sum_for_all(td_trainer *t, const td_step *step, size_t totals, bool *fits)
{
    const size_t dense = t->model->parameters.dense_size;
    do_dense(t, 0, dense, fill_part);
    td_comm_sum(t->comm, dense + totals, t->dense);
    TD_TRY(take_totals(t, step, fits));
    if (*fits)
        do_dense(t, 0, dense, part_to_gradient);
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
    do_dense(t, 0, t->model->parameters.dense_size, fill_part);
    td_comm_reduce_scatter(t->comm, t->owners, t->dense);
    do_dense(t, first, t->owners[rank + 1], part_to_gradient);
    td_comm_allgatherv_into(t->comm, t->gradient + first, sizeof *t->gradient, t->owners,
                            t->gradient);
    return TD_OK;
}

/* gradient = the sum over the ranks that have terms of the tensor, and see one another's; zeros,
 * unless they are there, if none has */
static void part_of_ranks(td_trainer *t, size_t tensor, size_t first, size_t end)
{
    bool any = t->has_dense[tensor]; /* its own are there */
    for (int r = 0; r < td_comm_size(t->comm); r++) {
        if (t->dense_of_rank[r] == t->dense || !t->has_dense_of_rank[r][tensor])
            continue;
        td_exact_join(!any, end - first, t->dense_of_rank[r] + first, t->dense + first);
        any = true;
    }
    if (any)
        part_to_gradient(t, tensor, first, end);
    else if (t->has_gradient[tensor])
        memset(t->gradient + first, 0, (end - first) * sizeof *t->gradient);
}

/* Whether any rank has terms of a dense tensor. */
static bool has_terms(const td_trainer *t, size_t tensor)
{
    int r = 0;
    while (r < td_comm_size(t->comm) && !t->has_dense_of_rank[r][tensor])
        r++;
    return r < td_comm_size(t->comm);
}

/* totals_of_all = the sum over the ranks that see one another's totals */
static void add_totals(td_trainer *t, size_t totals)
{
    if (!t->shared)
        return;
    memset(t->totals_of_all, 0, totals * sizeof *t->totals_of_all);
    for (int r = 0; r < td_comm_size(t->comm); r++)
        td_exact_merge(totals, t->dense_of_rank[r] + t->model->parameters.dense_size,
                       t->totals_of_all);
}

/* C: the gradient where each rank sees the sums of all; of the elements each adds up a share. What
 * no rank has terms of, now or before, costs nothing. */
static void add_sums(td_trainer *t)
{
    const int rank = td_comm_rank(t->comm);
    bool any = false;
    for (size_t k = 0; k < t->model->parameters.count; k++)
        any |= t->has_gradient[k] || has_terms(t, k);
    if (!any)
        return;
    do_dense(t, t->owners[rank], t->owners[rank + 1], part_of_ranks);
    for (size_t k = 0; k < t->model->parameters.count; k++)
        t->has_gradient[k] = has_terms(t, k);
    td_trainer_meet(t); /* C */
}

/* C: totals and sums where each rank sees those of all. */
static td_status sum_in_place(td_trainer *t, const td_step *step, size_t totals, bool *fits)
{
    td_trainer_meet(t); /* C */
    add_totals(t, totals);
    TD_TRY(take_totals(t, step, fits));
    if (*fits && !step->measures)
        add_sums(t); /* C */
    return TD_OK;
}

/* Many elements go by owners, few in one sum; a step that measures sums totals alone. */
td_status td_trainer_exchange_dense(td_trainer *t, const td_step *step, bool *fits)
{
    const bool by_owners = t->model->parameters.dense_size >= DENSE_BY_OWNERS;
    const size_t totals = put_totals(t, step);
    if (t->dense_of_rank)
        return sum_in_place(t, step, totals, fits);
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
