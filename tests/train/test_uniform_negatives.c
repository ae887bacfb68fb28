/* Draws of a step among its columns, over any ranks: each once a group, besides the rows' items. */
#include "train/uniform_negatives.h"

#include "base/random.h"
#include "base/range.h"
#include "job.h"
#include "ranks.h"

#include <string.h>

enum { ITEMS = 301, DRAWS = 500, SHARDS = 7, ROWS = 10 * SHARDS };

MPI_SUITE(uniform_negatives)

/* This rank's shards, a tile each; every row has item 3. */
typedef struct {
    int32_t items[ROWS];
    int64_t offsets[SHARDS + 1];
    size_t group_tiles[SHARDS + 1];
} storage;

static td_batch batch_of(td_comm *comm, int64_t groups, storage *s)
{
    int64_t first, count;
    td_comm_share(comm, SHARDS, &first, &count);
    td_batch batch = {.all_rows = ROWS,
                      .rows = {.count = 10 * count, .item = s->items},
                      .tiles = (size_t)count,
                      .offsets = s->offsets,
                      .group_tiles = s->group_tiles};
    for (int64_t i = 0; i < 10 * count; i++)
        s->items[i] = 3;
    for (int64_t t = 0; t < count; t++) {
        s->offsets[t + 1] = 10 * (t + 1);
        if (t == 0 ||
            td_part_of(SHARDS, first + t, groups) != td_part_of(SHARDS, first + t - 1, groups))
            s->group_tiles[batch.groups++] = (size_t)t;
    }
    if (batch.groups == 0 && groups == 1)
        s->group_tiles[batch.groups++] = 0;
    s->group_tiles[batch.groups] = batch.tiles;
    return batch;
}

static int32_t drawn(int64_t step, int64_t i)
{
    const td_random random = td_philox(42, TD_STREAM_NEGATIVES, (uint64_t)step, (uint32_t)i);
    return (int32_t)(1 + (uint64_t)random.word[0] * (ITEMS - 1) / ((uint64_t)1 << 32));
}

/* Whether a group's columns are those of the draws and of its rows. */
static bool is_counted(const td_batch_columns *columns, size_t group, int64_t step, int32_t rows)
{
    int32_t counts[ITEMS] = {[3] = rows};
    for (int64_t i = 0; i < DRAWS; i++)
        counts[drawn(step, i)]++;
    for (size_t j = columns->group_offsets[group]; j < columns->group_offsets[group + 1]; j++) {
        const int32_t item = columns->items.ids[columns->places[j]];
        if (columns->multiplicities[j] != counts[item])
            return false;
        counts[item] = 0;
    }
    for (int32_t item = 0; item < ITEMS; item++)
        if (counts[item] != 0)
            return false;
    return true;
}

static void check(td_comm *comm, int64_t groups)
{
    static storage s;
    const td_column_cuts cuts = {SHARDS, groups, 4};
    const td_batch batch = batch_of(comm, groups, &s);
    const td_batch_limits limits = {.rows = ROWS,
                                    .my_rows = batch.rows.count,
                                    .met_rows = ROWS,
                                    .group_rows = ROWS,
                                    .tiles = SHARDS,
                                    .tile_rows = 10,
                                    .shared = DRAWS};
    td_batch_columns columns;
    td_batch_columns_create(&columns, comm, ITEMS, &cuts, &limits);
    td_uniform_negatives negatives = td_uniform_negatives_create(42, DRAWS, &columns);
    int64_t first, end, mine, shards;
    td_comm_share(comm, SHARDS, &mine, &shards);
    td_batch_groups_of(SHARDS, groups, mine, mine + shards, &first, &end);
    bool is_right = true;
    for (int64_t step = 1; step < 4; step++) {
        const td_batch with = td_uniform_negatives_add(&negatives, step, &batch);
        td_batch_columns_gather(&columns, &with, NULL, 0);
        for (int64_t g = first; g < end; g++) {
            const int64_t rows =
                10 * (td_share(SHARDS, g + 1, groups) - td_share(SHARDS, g, groups));
            is_right = is_right && is_counted(&columns, (size_t)(g - first), step, (int32_t)rows);
        }
    }
    assert_on_all(comm, is_right, "columns of a group");
    td_uniform_negatives_free(&negatives);
    td_batch_columns_free(&columns);
}

MPI_TEST(uniform_negatives, are_columns_of_every_group_once)
{
    td_comm *comm = job_comm();
    for (int64_t groups = 1; groups <= SHARDS; groups += 2)
        check(comm, groups);
}

/* Row 0 never, all others, about as often. */
MPI_TEST(uniform_negatives, are_of_all_items)
{
    td_comm *comm = job_comm();
    int counts[ITEMS] = {0}, least = 1 << 30, most = 0;
    for (int64_t step = 1; step <= 300; step++)
        for (int64_t i = 0; i < DRAWS; i++)
            counts[drawn(step, i)]++;
    for (int item = 1; item < ITEMS; item++) {
        least = counts[item] < least ? counts[item] : least;
        most = counts[item] > most ? counts[item] : most;
    }
    assert_on_all(comm, counts[0] == 0 && least > 400 && most < 600, "counts");
}
