/* The order that an epoch takes the rows of shards in, and the steps that are cut from it. */
#include "data/batches_parts.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/range.h"

#include <stdlib.h>

typedef struct {
    uint64_t key;
    int64_t row;
    int64_t place; /* in its shard */
} ordered_row;

void td_batches_free(td_batches *batches)
{
    if (!batches)
        return;
    td_rows_free(&batches->rows);
    for (int i = 0; i < 2; i++) {
        td_rows_free(&batches->batch[i].rows);
        td_frame_free(&batches->batch[i].lists);
        td_free(batches->batch[i].offsets);
        td_free(batches->batch[i].group_tiles);
    }
    td_histories_free(&batches->histories);
    td_free(batches->zeros);
    td_free(batches->ones);
    td_free(batches->offsets);
    td_free(batches->sizes);
    td_free(batches);
}

const td_histories *td_batches_histories(const td_batches *batches)
{
    return &batches->histories;
}

void td_batches_users(const td_batches *batches, int64_t *first, int64_t *count)
{
    *first = batches->first_user;
    *count = batches->users;
}

int64_t td_batches_row_count(const td_batches *batches)
{
    return batches->offsets[batches->shards];
}

const td_rows *td_batches_rows(const td_batches *batches)
{
    return &batches->rows;
}

int64_t td_batches_steps(const td_batches *batches)
{
    return batches->steps;
}

const td_batch_limits *td_batches_limits(const td_batches *batches)
{
    return &batches->limits;
}

static int by_key_then_row(const void *a, const void *b)
{
    const ordered_row *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Sets the places of a shard's rows in the order of an epoch. */
static void find_places(const td_batches *batches, int64_t shard, int64_t epoch, int64_t *places)
{
    const int64_t *row = batches->rows.row + batches->offsets[shard];
    const int64_t rows = td_batches_shard_rows(batches, shard);
    ordered_row *order = TD_NEW(ordered_row, (size_t)rows);
    for (int64_t i = 0; i < rows; i++) {
        uint64_t key =
            td_philox_key(batches->seed, TD_STREAM_EPOCH, (uint64_t)row[i], (uint32_t)epoch);
        order[i] = (ordered_row){key, row[i], i};
    }
    qsort(order, (size_t)rows, sizeof *order, by_key_then_row);
    for (int64_t i = 0; i < rows; i++)
        places[i] = order[i].place;
    td_free(order);
}

/* The rows themselves are brought into order: a list of places would take memory for every row,
 * this takes it for a shard, and a step then copies what stands together. */
static void order_shard(td_batches *batches, int64_t shard, int64_t epoch)
{
    const int64_t rows = td_batches_shard_rows(batches, shard);
    int64_t *places = TD_NEW(int64_t, (size_t)rows);
    find_places(batches, shard, epoch, places);
    td_frame_reorder(&batches->rows.frame, (td_range){batches->offsets[shard], rows}, places);
    td_free(places);
}

void td_batches_start_epoch(td_batches *batches, int64_t epoch)
{
    TD_MEMORY_FOR("the order of an epoch", "train.shards");
    epoch = batches->reshuffle ? epoch : 0;
    if (epoch == batches->epoch)
        return;
#pragma omp parallel for schedule(dynamic)
    for (int64_t s = 0; s < batches->shards; s++)
        order_shard(batches, s, epoch);
    batches->epoch = epoch;
    batches->step[0] = batches->step[1] = -1;
}

void td_batch_groups_of(int64_t shards, int64_t groups, int64_t shard, int64_t end_shard,
                        int64_t *first, int64_t *end)
{
    *first = 0;
    *end = 1;
    if (groups == 1)
        return;
    *first = td_part_of(shards, shard, groups);
    *end = shard < end_shard ? td_part_of(shards, end_shard - 1, groups) + 1 : *first;
}

void td_batch_add_tiles(int64_t rows, int64_t *offsets, size_t *tiles)
{
    while (rows > 0) {
        int64_t take = rows < TD_TILE_ROWS ? rows : TD_TILE_ROWS;
        offsets[*tiles + 1] = offsets[*tiles] + take;
        ++*tiles;
        rows -= take;
    }
}

/* The group, of all, that one of this rank's shards is in. */
static int64_t group_of(const td_batches *batches, int64_t shard)
{
    return td_part_of(batches->all_shards, batches->first_shard + shard, batches->groups);
}

/* The rows that a step takes from so many of a shard: [*from, *to). */
static void share_of_step(const td_batches *batches, int64_t rows, int64_t step, int64_t *from,
                          int64_t *to)
{
    *from = td_share(rows, step, batches->steps);
    *to = td_share(rows, step + 1, batches->steps);
}

static int64_t rows_of_step(const td_batches *batches, int64_t step)
{
    int64_t rows = 0, from, to;
    for (int64_t s = 0; s < batches->all_shards; s++) {
        share_of_step(batches, batches->sizes[s], step, &from, &to);
        rows += to - from;
    }
    return rows;
}

static void take_rows(const td_batches *batches, int64_t step, td_batch *batch)
{
    batch->all_rows = rows_of_step(batches, step);
    batch->rows.count = 0;
    batch->tiles = 0;
    batch->groups = 0;
    for (int64_t s = 0; s < batches->shards; s++) {
        int64_t from, to;
        share_of_step(batches, td_batches_shard_rows(batches, s), step, &from, &to);
        if (s == 0 || group_of(batches, s) != group_of(batches, s - 1))
            batch->group_tiles[batch->groups++] = batch->tiles;
        td_batch_add_tiles(to - from, batch->offsets, &batch->tiles);
        td_rows_append(&batch->rows, &batches->rows, batches->offsets[s] + from, to - from);
    }
    if (batches->groups == 1 && batches->shards == 0)
        batch->group_tiles[batch->groups++] = 0; /* a single group is everybody's */
    batch->group_tiles[batch->groups] = batch->tiles;
    const td_history_queries queries = {batch->rows.count, batch->rows.user, batch->rows.item,
                                        batch->rows.timestamp};
    td_histories_list(&batches->histories, &queries, &batch->lists);
}

const td_batch *td_batches_get(td_batches *batches, int64_t step)
{
    td_batch *batch = &batches->batch[step % 2];
    if (batches->step[step % 2] != step)
        take_rows(batches, step, batch);
    batches->step[step % 2] = step;
    return batch;
}
