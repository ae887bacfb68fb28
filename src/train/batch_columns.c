/* Distinct items by marking: mark_of_item holds places while a list is made. */
#include "train/batch_columns_parts.h"

#include "base/memory.h"
#include "base/range.h"
#include "run/placement.h"

#include <stdlib.h>
#include <string.h>

void td_groups_of_rank(const td_column_cuts *cuts, int rank, int size, int64_t *first, int64_t *end)
{
    *first = 0;
    *end = 1;
    if (cuts->groups == 1)
        return;
    *first = td_part_of(cuts->shards, td_share(cuts->shards, rank, size), cuts->groups);
    *end = td_part_of(cuts->shards, td_share(cuts->shards, rank + 1, size) - 1, cuts->groups) + 1;
}

void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             const td_column_cuts *cuts, const td_batch_limits *limits)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    const td_range items = td_item_rows_of_rank(table_rows, cuts->ranges, rank, size);
    int64_t first, end;
    td_groups_of_rank(cuts, rank, size, &first, &end);
    *columns = (td_batch_columns){
        .table_rows = table_rows,
        .cuts = *cuts,
        .groups = (size_t)(end - first),
        .capacity = (size_t)td_smaller(table_rows, limits->group_rows),
        .met_capacity = (size_t)td_smaller(table_rows, limits->met_rows),
        .my_capacity = (size_t)td_smaller(items.count, limits->rows),
    };
    const size_t columns_of_all = (size_t)td_smaller(limits->met_rows, (end - first) * table_rows);
    columns->items = TD_NEW(int32_t, columns->met_capacity);
    columns->offsets = TD_NEW(size_t, (size_t)size + 1);
    columns->group_offsets = TD_NEW(size_t, columns->groups + 1);
    columns->places = TD_NEW(int32_t, columns_of_all);
    columns->multiplicities = TD_NEW(int32_t, columns_of_all);
    columns->own = TD_NEW(int32_t, (size_t)limits->my_rows);
    columns->tile_offsets =
        TD_NEW(size_t, columns->my_capacity / TD_CANDIDATE_TILE_ROWS + (size_t)cuts->ranges + 1);
    columns->asked_offsets = TD_NEW(int64_t, (size_t)size + 1);
    columns->own_items = TD_NEW(int32_t, columns->my_capacity);
    columns->mark_of_item = TD_NEW(int32_t, (size_t)table_rows);
    memset(columns->mark_of_item, -1, (size_t)table_rows * sizeof(int32_t));
    if (td_columns_fit_histogram(cuts, table_rows, limits->rows))
        columns->histogram = TD_NEW(int32_t, (size_t)table_rows);
}

void td_batch_columns_free(td_batch_columns *columns)
{
    td_free(columns->items);
    td_free(columns->offsets);
    td_free(columns->group_offsets);
    td_free(columns->places);
    td_free(columns->multiplicities);
    td_free(columns->own);
    td_free(columns->tile_offsets);
    td_free(columns->asked_offsets);
    td_free(columns->asked);
    td_free(columns->own_items);
    td_free(columns->mark_of_item);
    td_free(columns->histogram);
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Marks n items with their places, or takes the marks away. */
static void mark(int32_t *mark_of_item, const int32_t *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mark_of_item[items[i]] = (int32_t)i;
}

static void clear_marks(int32_t *mark_of_item, const int32_t *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mark_of_item[items[i]] = -1;
}

static void find_own(td_batch_columns *columns, const td_batch *batch)
{
    for (size_t g = 0; g < columns->groups; g++) {
        const int32_t *items = columns->places + columns->group_offsets[g];
        const size_t n = columns->group_offsets[g + 1] - columns->group_offsets[g];
        int64_t from, to;
        td_rows_of_group(batch, g, &from, &to);
        mark(columns->mark_of_item, items, n);
        for (int64_t i = from; i < to; i++)
            columns->own[i] = columns->mark_of_item[batch->rows.item[i]];
        clear_marks(columns->mark_of_item, items, n);
    }
}

/* Sorts the distinct of n items into distinct; returns their number. */
static size_t sort_distinct(int32_t *mark_of_item, const int32_t *items, size_t n,
                            int32_t *distinct)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (mark_of_item[items[i]] < 0) {
            mark_of_item[items[i]] = 0;
            distinct[count++] = items[i];
        }
    clear_marks(mark_of_item, distinct, count);
    qsort(distinct, count, sizeof *distinct, ascending);
    return count;
}

/* Turns items into their places among distinct ones. */
static void find_places(int32_t *mark_of_item, const int32_t *distinct, size_t count,
                        int32_t *items, size_t n)
{
    mark(mark_of_item, distinct, count);
    for (size_t i = 0; i < n; i++)
        items[i] = mark_of_item[items[i]];
    clear_marks(mark_of_item, distinct, count);
}

/* The items of all groups of this rank, and each column's place among them. */
static void find_items(td_batch_columns *columns)
{
    const size_t n = columns->group_offsets[columns->groups];
    columns->count = sort_distinct(columns->mark_of_item, columns->places, n, columns->items);
    find_places(columns->mark_of_item, columns->items, columns->count, columns->places, n);
}

/* The first of n ascending items that is in a range at or after this one. */
static size_t first_in_range(const td_batch_columns *columns, const int32_t *items, size_t n,
                             int64_t range)
{
    const int64_t first_item = td_share(columns->table_rows, range, columns->cuts.ranges);
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items[middle] < first_item)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void cut_among_ranks(td_batch_columns *columns, int size)
{
    for (int r = 0; r <= size; r++)
        columns->offsets[r] = first_in_range(columns, columns->items, columns->count,
                                             td_share(columns->cuts.ranges, r, size));
}

/* Collective. Asks the owners for what this rank meets; what any rank asks for is what this one
 * embeds. With one group all ranks meet all, and know it. */
static void ask_owners(td_batch_columns *columns, td_comm *comm)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    if (columns->cuts.groups == 1) {
        columns->my_items = columns->items + columns->offsets[rank];
        columns->my_count = columns->offsets[rank + 1] - columns->offsets[rank];
        return;
    }
    int64_t *starts = TD_NEW(int64_t, (size_t)size + 1);
    for (int r = 0; r <= size; r++)
        starts[r] = (int64_t)columns->offsets[r];
    td_free(columns->asked);
    columns->asked = td_comm_alltoallv(comm, sizeof *columns->items, columns->items, starts,
                                       columns->asked_offsets);
    const size_t asked = (size_t)columns->asked_offsets[size];
    columns->my_count =
        sort_distinct(columns->mark_of_item, columns->asked, asked, columns->own_items);
    find_places(columns->mark_of_item, columns->own_items, columns->my_count, columns->asked,
                asked);
    columns->my_items = columns->own_items;
    td_free(starts);
}

static void cut_into_tiles(td_batch_columns *columns, int rank, int size)
{
    int64_t range = td_share(columns->cuts.ranges, rank, size);
    const int64_t end_range = td_share(columns->cuts.ranges, rank + 1, size);
    size_t place = 0;
    columns->tiles = 0;
    columns->tile_offsets[0] = 0;
    for (; range < end_range; range++) {
        size_t end = first_in_range(columns, columns->my_items, columns->my_count, range + 1);
        while (place < end) {
            size_t left = end - place;
            place += left < TD_CANDIDATE_TILE_ROWS ? left : TD_CANDIDATE_TILE_ROWS;
            columns->tile_offsets[++columns->tiles] = place;
        }
    }
}

void td_batch_columns_gather(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    columns->rows = (size_t)batch->all_rows;
    td_columns_count(columns, comm, batch);
    find_own(columns, batch);
    find_items(columns);
    cut_among_ranks(columns, size);
    ask_owners(columns, comm);
    cut_into_tiles(columns, rank, size);
}
