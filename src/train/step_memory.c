/* Where the columns and sums of a step are. Ranks of one node that meet the same columns have them
 * in one place: each embeds its own there, all read them, and all add to their gradients; of dense
 * sums each rank reads what the others have. */
#include "train/trainer_parts.h"

#include "base/memory.h"
#include "base/memory_plan.h"
#include "base/range.h"

#include <string.h>

/* Elements of a rank's dense sums with what follows them. */
static size_t dense_words(const td_trainer *t)
{
    return t->model->parameters.dense_size + t->totals + td_batch_columns_words(&t->batch_columns);
}

/* Bytes of what ranks of a node share. */
static size_t shared_bytes(const td_trainer *t, size_t columns, size_t places)
{
    const td_parameters *parameters = &t->model->parameters;
    const size_t width = t->model->query.width, ranks = (size_t)td_comm_size(t->comm);
    const size_t of_rank = td_cache_lines(dense_words(t), sizeof *t->dense) +
                           td_cache_lines(parameters->count, sizeof *t->has_dense);
    return td_cache_lines(1, td_columns_bytes(width, columns, t->kernels->rounds)) +
           td_cache_lines(1, td_column_sums_bytes(width, columns, places)) + ranks * of_rank +
           td_cache_lines(parameters->dense_size, sizeof *t->gradient);
}

/* C: the gradients of columns, which all ranks add to. */
static void share_column_sums(td_trainer *t, size_t columns, size_t places)
{
    const size_t width = t->model->query.width;
    const size_t bytes = td_column_sums_bytes(width, columns, places);
    td_column_sums_create_in(&t->column_sums, width, columns, places,
                             td_shared_memory_take(t->shared, 1, bytes));
    if (td_comm_rank(t->comm) == 0 && !td_memory_is_planned())
        td_column_sums_share(&t->column_sums);
    td_comm_barrier(t->comm);
}

/* The dense sums of all ranks, and one gradient of them. */
static void share_dense(td_trainer *t)
{
    const td_parameters *parameters = &t->model->parameters;
    const int rank = td_comm_rank(t->comm), ranks = td_comm_size(t->comm);
    t->dense_of_rank = TD_NEW(td_exact *, (size_t)ranks);
    t->has_dense_of_rank = TD_NEW(bool *, (size_t)ranks);
    for (int r = 0; r < ranks; r++) {
        t->dense_of_rank[r] = td_shared_memory_take(t->shared, dense_words(t), sizeof *t->dense);
        t->has_dense_of_rank[r] =
            td_shared_memory_take(t->shared, parameters->count, sizeof *t->has_dense);
    }
    t->dense = t->dense_of_rank[rank];
    t->has_dense = t->has_dense_of_rank[rank];
    t->gradient = td_shared_memory_take(t->shared, parameters->dense_size, sizeof *t->gradient);
    t->totals_of_all = TD_NEW(td_exact, dense_words(t) - parameters->dense_size);
}

/* C: everything in one place, for a group of so many columns. */
static void share(td_trainer *t, size_t columns, size_t places)
{
    const size_t width = t->model->query.width;
    const bool rounds = t->kernels->rounds;
    td_columns_create(
        &t->columns, width, columns, rounds,
        td_shared_memory_take(t->shared, 1, td_columns_bytes(width, columns, rounds)));
    share_column_sums(t, columns, places); /* C */
    share_dense(t);
}

/* This rank's own. */
static void create_own(td_trainer *t, size_t columns)
{
    const int64_t places = td_smaller(t->threads, omp_get_num_procs());
    const td_parameters *parameters = &t->model->parameters;
    const size_t width = t->model->query.width;
    td_columns_create(&t->columns, width, columns, t->kernels->rounds, NULL);
    td_column_sums_create(&t->column_sums, width, columns, (size_t)places);
    TD_MEMORY_FOR("gradients of layers", "query.tower, candidate.tower, rating.hidden");
    t->dense = TD_NEW(td_exact, dense_words(t));
    t->has_dense = TD_NEW(bool, parameters->count);
    t->gradient = TD_NEW(float, parameters->dense_size);
    t->totals_of_all = td_trainer_totals(t);
    if (td_comm_size(t->comm) > 1)
        return;
    t->dense_of_rank = TD_NEW(td_exact *, 1);
    t->has_dense_of_rank = TD_NEW(bool *, 1);
    t->dense_of_rank[0] = t->dense;
    t->has_dense_of_rank[0] = t->has_dense;
}

/* Embeddings and gradients of what this rank's rows meet, and of what it embeds. One group has all
 * that are met, in their order, and those that a rank embeds are a part of them: they need one
 * place only. */
static void create_places(td_trainer *t)
{
    const td_row_exchange *items = &t->batch_columns.items;
    const size_t width = t->columns.width;
    if (td_trainer_has_one_place(t)) {
        TD_ASSERT(items->capacity <= t->columns.capacity);
        t->v = t->columns.v;
        t->dv = t->column_sums.sums;
        return;
    }
    t->my_v = TD_NEW(float, items->my_capacity *width);
    t->my_dv = TD_NEW(td_exact, items->my_capacity * width);
    t->v = TD_NEW(float, items->capacity *width);
    t->dv = TD_NEW(td_exact, items->capacity * width);
}

/* C: what all ranks share, where they can. */
static bool create_shared(td_trainer *t, size_t columns)
{
    if (!td_trainer_has_one_place(t))
        return false;
    int64_t workers = t->threads;
    td_comm_sum(t->comm, 1, &workers);
    const size_t places = (size_t)td_smaller(workers, td_comm_cores(t->comm));
    t->shared = td_shared_memory_create(t->comm, shared_bytes(t, columns, places)); /* C */
    if (t->shared)
        share(t, columns, places); /* C */
    return t->shared;
}

void td_trainer_create_memory(td_trainer *t)
{
    const size_t columns = t->batch_columns.capacity, ranks = (size_t)td_comm_size(t->comm);
    const size_t dense = t->model->parameters.dense_size;
    if (!create_shared(t, columns)) /* C */
        create_own(t, columns);
    create_places(t);
    t->has_gradient = TD_NEW(bool, t->model->parameters.count);
    memset(t->has_gradient, true, t->model->parameters.count); /* what it holds is not known */
    t->owners = TD_NEW(size_t, ranks + 1);
    for (size_t r = 0; r <= ranks; r++)
        t->owners[r] = (size_t)td_share((int64_t)dense, (int64_t)r, (int64_t)ranks);
}

void td_trainer_free_memory(td_trainer *t)
{
    td_columns_free(&t->columns);
    td_column_sums_free(&t->column_sums);
    td_free(t->owners);
    td_free(t->has_gradient);
    td_free(t->dense_of_rank);
    td_free(t->has_dense_of_rank);
    if (!td_trainer_has_one_place(t)) {
        td_free(t->my_v);
        td_free(t->my_dv);
        td_free(t->v);
        td_free(t->dv);
    }
    if (t->shared) {
        td_free(t->totals_of_all);
        td_shared_memory_free(t->shared);
        return;
    }
    td_free(t->dense);
    td_free(t->has_dense);
    td_free(t->gradient);
}
