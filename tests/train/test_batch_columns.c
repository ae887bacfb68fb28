/* The columns of a step against a plain count, step after step: what the ranks share, who owns
 * which, and that tiles never cross an item range. */
#include "train/batch_columns.h"

#include "base/memory.h"
#include "base/range.h"
#include "job.h"
#include "ranks.h"

#include <stdio.h>

enum { ITEMS = 1001, ROWS = 900, STEPS = 4 };

MPI_SUITE(batch_columns)

/* Item of a row: few and often in the first step, nearly all different in the last. */
static int32_t item_of(int step, int64_t row)
{
    int64_t spread[STEPS] = {7, 90, 400, ITEMS};
    return (int32_t)(row * row % 7919 * (step + 1) % spread[step] * (step == 1 ? 11 : 1));
}

/* Rows of a step: from one, which leaves most ranks without, to all. */
static int64_t rows_of(int step)
{
    static const int64_t rows[STEPS] = {1, 61, ROWS, 500};
    return rows[step];
}

/* This rank's rows [first, first + count) of a step, as one tile. */
typedef struct {
    int32_t items[ROWS];
    int64_t offsets[2];
    size_t group_tiles[2];
} storage;

static td_batch batch_of(td_comm *comm, int step, storage *s)
{
    int64_t first, count;
    td_comm_share(comm, rows_of(step), &first, &count);
    for (int64_t i = 0; i < count; i++)
        s->items[i] = item_of(step, first + i);
    s->offsets[1] = count;
    s->group_tiles[1] = 1;
    return (td_batch){.all_rows = rows_of(step),
                      .rows = {.count = count, .item = s->items},
                      .tiles = 1,
                      .offsets = s->offsets,
                      .groups = 1,
                      .group_tiles = s->group_tiles};
}

static bool columns_are_counted(const td_batch_columns *columns, int step)
{
    int32_t counts[ITEMS] = {0};
    size_t place = 0, rows = 0;
    for (int64_t i = 0; i < rows_of(step); i++)
        counts[item_of(step, i)]++;
    for (int32_t item = 0; item < ITEMS; item++) {
        if (counts[item] == 0)
            continue;
        if (place >= columns->items.count || columns->items.ids[place] != item ||
            columns->places[place] != (int32_t)place ||
            columns->multiplicities[place] != counts[item])
            return false;
        rows += (size_t)counts[item];
        place++;
    }
    return place == columns->items.count && rows == columns->rows;
}

static bool rows_own_their_columns(const td_batch_columns *columns, const td_batch *batch)
{
    for (int64_t i = 0; i < batch->rows.count; i++)
        if (columns->items.ids[columns->own[i]] != batch->rows.item[i])
            return false;
    return true;
}

static int64_t range_of(int32_t item, int64_t ranges)
{
    int64_t range = 0;
    while (td_share(ITEMS, range + 1, ranges) <= item)
        range++;
    return range;
}

/* A rank's columns are those of its ranges. */
static bool owners_are_right(const td_batch_columns *columns, td_comm *comm)
{
    const int size = td_comm_size(comm);
    if (columns->items.send_offsets[0] != 0 ||
        columns->items.send_offsets[size] != (int64_t)columns->items.count)
        return false;
    for (int r = 0; r < size; r++)
        for (int64_t i = columns->items.send_offsets[r]; i < columns->items.send_offsets[r + 1];
             i++) {
            int64_t range = range_of(columns->items.ids[i], columns->cuts.ranges);
            if (range < td_share(columns->cuts.ranges, r, size) ||
                range >= td_share(columns->cuts.ranges, r + 1, size))
                return false;
        }
    return true;
}

static bool tiles_are_right(const td_batch_columns *columns, int rank)
{
    const size_t *offsets = columns->tile_offsets;
    const int32_t *items = columns->items.my_ids;
    if (items != columns->items.ids + columns->items.send_offsets[rank] || offsets[0] != 0 ||
        offsets[columns->tiles] != columns->items.my_count ||
        (int64_t)columns->items.my_count !=
            columns->items.send_offsets[rank + 1] - columns->items.send_offsets[rank])
        return false;
    for (size_t t = 0; t < columns->tiles; t++) {
        size_t n = offsets[t + 1] - offsets[t];
        if (n == 0 || n > TD_CANDIDATE_TILE_ROWS ||
            range_of(items[offsets[t]], columns->cuts.ranges) !=
                range_of(items[offsets[t + 1] - 1], columns->cuts.ranges))
            return false;
    }
    return true;
}

/* A tile's items, of whatever rank, are those of the same tile on a rank alone. */
static int64_t hash_of_tiles(const td_batch_columns *columns)
{
    int64_t hash = 0;
    for (size_t t = 0; t < columns->tiles; t++) {
        int64_t first = columns->items.my_ids[columns->tile_offsets[t]];
        int64_t n = (int64_t)(columns->tile_offsets[t + 1] - columns->tile_offsets[t]);
        hash += (first * 1000 + n) * (first * 1000 + n);
    }
    return hash;
}

/* Sums the counts of a step before it is gathered, as the step before it would. */
static void count_early(td_batch_columns *columns, td_comm *comm, const td_batch *batch,
                        int64_t number)
{
    td_exact words[ITEMS];
    td_batch_columns_put(columns, batch, words);
    td_comm_sum(comm, td_batch_columns_words(columns), words);
    td_batch_columns_take(columns, number, words);
}

static void check_steps(td_comm *comm, int64_t ranges, bool by_histogram)
{
    char what[64];
    td_comm *alone = td_comm_alone(comm);
    td_batch_columns columns, all;
    static storage mine, everyones;
    const td_column_cuts cuts = {.groups = 1, .ranges = ranges};
    const int64_t most = by_histogram ? 2 * ITEMS : ROWS;
    const td_batch_limits limits = {
        .rows = most, .my_rows = most, .met_rows = most, .group_rows = most};
    td_batch_columns_create(&columns, comm, ITEMS, &cuts, &limits);
    td_batch_columns_create(&all, alone, ITEMS, &cuts, &limits);
    assert_on_all(comm, (columns.histogram != NULL) == by_histogram, "a histogram");
    for (int step = 0; step < STEPS; step++) {
        td_batch batch = batch_of(comm, step, &mine);
        td_batch whole = batch_of(alone, step, &everyones);
        snprintf(what, sizeof what, "%d ranges, step %d", (int)ranges, step);
        if (step % 2)
            count_early(&columns, comm, &batch, step + 1);
        td_batch_columns_gather(&columns, &batch, NULL, step + 1);
        td_batch_columns_gather(&all, &whole, NULL, step + 1);
        assert_on_all(comm, columns_are_counted(&columns, step), what);
        assert_on_all(comm, rows_own_their_columns(&columns, &batch), what);
        assert_on_all(comm, owners_are_right(&columns, comm), what);
        assert_on_all(comm, tiles_are_right(&columns, td_comm_rank(comm)), what);
        int64_t hash = hash_of_tiles(&columns);
        td_comm_sum(comm, 1, &hash);
        assert_on_all(comm, hash == hash_of_tiles(&all), what);
    }
    td_batch_columns_free(&columns);
    td_batch_columns_free(&all);
    td_comm_free(alone);
}

MPI_TEST(batch_columns, are_the_distinct_items_in_every_step)
{
    td_comm *comm = job_comm();
    for (int by_histogram = 0; by_histogram <= 1; by_histogram++) {
        check_steps(comm, 1, by_histogram);
        check_steps(comm, 3, by_histogram);
        check_steps(comm, 64, by_histogram);
        check_steps(comm, 2 * ITEMS, by_histogram); /* most ranges are empty */
    }
}

/* Items that no row has, or that one has as well: each rank brings some, one of them every rank. */
static void check_more(td_comm *comm, bool by_histogram)
{
    static storage s;
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    const int32_t more[] = {ITEMS - 1, 500 + rank, item_of(1, 0)};
    const int64_t more_offsets[] = {0, 3};
    const td_column_cuts cuts = {.groups = 1, .ranges = 7};
    const int64_t most = by_histogram ? 2 * ITEMS : ROWS;
    const td_batch_limits limits = {
        .rows = most, .my_rows = most, .met_rows = most, .group_rows = most, .more = 3 * size};
    td_batch batch = batch_of(comm, 1, &s);
    td_batch_columns columns;
    int32_t expected[ITEMS] = {0};
    for (int64_t i = 0; i < rows_of(1); i++)
        expected[item_of(1, i)]++;
    for (int r = 0; r < size; r++) {
        expected[ITEMS - 1]++;
        expected[500 + r]++;
        expected[item_of(1, 0)]++;
    }
    batch.more_items = more;
    batch.more_offsets = more_offsets;
    td_batch_columns_create(&columns, comm, ITEMS, &cuts, &limits);
    td_batch_columns_gather(&columns, &batch, NULL, 1);
    size_t place = 0;
    bool right = true;
    for (int32_t item = 0; item < ITEMS; item++) {
        if (expected[item] == 0)
            continue;
        right = right && place < columns.items.count && columns.items.ids[place] == item &&
                columns.multiplicities[place] == expected[item];
        place++;
    }
    assert_on_all(comm, right && place == columns.items.count, "more columns");
    assert_on_all(comm, rows_own_their_columns(&columns, &batch), "own columns");
    assert_on_all(comm, tiles_are_right(&columns, rank), "tiles");
    td_batch_columns_free(&columns);
}

MPI_TEST(batch_columns, may_come_from_elsewhere_than_rows)
{
    td_comm *comm = job_comm();
    check_more(comm, false);
    check_more(comm, true);
}
