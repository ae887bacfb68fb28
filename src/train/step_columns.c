/* The columns of a step between the tower that embeds them and the rows that meet them: one place
 * for all ranks of a node, or a place of each rank's, filled by messages (step_memory.c). Those
 * marked C are collective. */
#include "train/trainer_parts.h"

#include "base/memory.h"
#include "base/range.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

void td_trainer_place_my_columns(td_trainer *t)
{
    if (!td_trainer_has_one_place(t))
        return;
    const size_t first = td_row_exchange_my_first(&t->batch_columns.items) * t->columns.width;
    t->my_v = t->v + first;
    t->my_dv = t->dv + first;
}

/* C */
void td_trainer_spread_columns(td_trainer *t)
{
    if (t->shared)
        td_trainer_meet(t);
    else
        td_row_exchange_spread(&t->batch_columns.items, t->columns.width, t->my_v, t->v);
}

/* Sets what column j of a group counts for, and where its scores start from. One that no row of
 * retrieval's has is none of the group's: it scores -infinity. */
static void weigh_column(td_trainer *t, size_t j, int32_t multiplicity, float log_q)
{
    t->columns.weights[j] = (float)multiplicity;
    t->columns.bias[j] = t->is_mean ? 0 : log_q;
    if (t->is_mean) {
        t->once[j] = td_exp(log_q);
        t->columns.weights[j] *= t->once[j];
    }
    if (multiplicity == 0)
        t->columns.bias[j] = -INFINITY;
    if (t->corrects_own)
        t->own_bias[j] = log_q;
}

/* The part of n things that is this rank's where ranks share them; else all. */
static td_range part_of(const td_trainer *t, size_t n)
{
    td_range part = {0, (int64_t)n};
    if (t->shared)
        td_comm_share(t->comm, (int64_t)n, &part.first, &part.count);
    return part;
}

/* What kernels read of a group's columns, and no gradient of theirs yet: where ranks share them, a
 * part of both. */
static void pack_columns(td_trainer *t)
{
    td_columns_pack(&t->columns, t->kernels, part_of(t, td_columns_tiles(&t->columns)));
    td_column_sums_clear(&t->column_sums, part_of(t, t->column_sums.places));
}

/* The columns of a group. */
static void set_group(td_trainer *t, size_t group)
{
    const td_batch_columns *columns = &t->batch_columns;
    const size_t first = columns->group_offsets[group], width = t->columns.width;
    int64_t rows = -t->uniform_negatives.count;
    td_columns_resize(&t->columns, columns->group_offsets[group + 1] - first);
    for (size_t j = 0; j < t->columns.count; j++)
        rows += columns->multiplicities[first + j];
#pragma omp parallel for
    for (size_t j = 0; j < t->columns.count; j++) {
        const size_t place = (size_t)columns->places[first + j];
        if (!td_trainer_has_one_place(t))
            memcpy(t->columns.v + j * width, t->v + place * width, width * sizeof *t->v);
        weigh_column(t, j, columns->multiplicities[first + j],
                     td_log_q_bias(&t->log_q, rows, columns->items.ids[place]));
    }
}

/* The columns of a group that its rows are masked for. */
static void mask_group(td_trainer *t, const td_batch *batch, size_t group)
{
    const td_batch_columns *columns = &t->batch_columns;
    const size_t first = columns->group_offsets[group];
    const td_range rows = td_range_to(batch->offsets[batch->group_tiles[group]],
                                      batch->offsets[batch->group_tiles[group + 1]]);
    int32_t *items = td_buffer_fit(&t->column_items, t->columns.count, sizeof *items);
    for (size_t j = 0; j < t->columns.count; j++)
        items[j] = columns->items.ids[columns->places[first + j]];
    td_own_items_meet(&t->own_items, &batch->rows, rows, t->columns.count, items,
                      columns->items.place_of);
}

void td_trainer_set_columns(td_trainer *t, const td_batch *batch, size_t group)
{
    set_group(t, group);
    if (t->own_items.masked)
        mask_group(t, batch, group);
    pack_columns(t);
}

/* dV of the columns that this rank meets += a group's, where these are not all. */
void td_trainer_merge_group(td_trainer *t, size_t group)
{
    const td_batch_columns *columns = &t->batch_columns;
    const size_t width = t->columns.width;
    const int32_t *places = columns->places + columns->group_offsets[group];
    if (td_trainer_has_one_place(t))
        return;
#pragma omp parallel for
    for (size_t first = 0; first < t->columns.count; first += TD_CANDIDATE_TILE_ROWS) {
        const size_t left = t->columns.count - first;
        const size_t n = left < TD_CANDIDATE_TILE_ROWS ? left : TD_CANDIDATE_TILE_ROWS;
        td_exact *dv = td_trainer_worker(t)->dv;
        td_column_sums_join(&t->column_sums, first, n, dv);
        for (size_t j = 0; j < n; j++)
            td_exact_merge(width, dv + j * width, t->dv + (size_t)places[first + j] * width);
    }
}

/* Whether every rank sees the gradients of all columns that all ranks meet, in one place. */
static bool sees_all(const td_trainer *t)
{
    return t->shared || (td_trainer_has_one_place(t) && td_comm_size(t->comm) == 1);
}

/* dV of all columns, in one place. */
static void join_columns(td_trainer *t)
{
    const size_t n = t->columns.count, width = t->columns.width;
#pragma omp parallel for
    for (size_t first = 0; first < n; first += TD_CANDIDATE_TILE_ROWS)
        td_column_sums_join(&t->column_sums, first,
                            n - first < TD_CANDIDATE_TILE_ROWS ? n - first : TD_CANDIDATE_TILE_ROWS,
                            t->dv + first * width);
}

/* C */
void td_trainer_reduce_columns(td_trainer *t)
{
    td_trainer_meet(t); /* C */
    if (sees_all(t))
        return;
    if (td_trainer_has_one_place(t))
        join_columns(t);
    td_row_exchange_reduce(&t->batch_columns.items, t->columns.width, t->dv, t->my_dv);
}

/* dV (columns, width) */
const td_exact *td_trainer_column_gradients(td_trainer *t, size_t tile, size_t columns)
{
    const size_t first = t->batch_columns.tile_offsets[tile];
    td_exact *dv = td_trainer_worker(t)->dv;
    if (!sees_all(t))
        return t->my_dv + first * t->columns.width;
    td_column_sums_join(&t->column_sums, td_row_exchange_my_first(&t->batch_columns.items) + first,
                        columns, dv);
    return dv;
}
