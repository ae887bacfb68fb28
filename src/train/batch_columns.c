/* Counts of the items, then their exchange; the columns of a row, and the tiles. */
#include "train/batch_columns_parts.h"

#include "base/memory.h"
#include "base/range.h"
#include "run/placement.h"

void td_groups_of_rank(const td_column_cuts *cuts, int rank, int size, int64_t *first, int64_t *end)
{
    td_batch_groups_of(cuts->shards, cuts->groups, td_share(cuts->shards, rank, size),
                       td_share(cuts->shards, rank + 1, size), first, end);
}

/* Item ranges are the ranks' in contiguous runs: where each one's items begin. Free with td_free.
 */
static int64_t *owners_of_items(const td_column_cuts *cuts, int64_t table_rows, int size)
{
    int64_t *owners = TD_NEW(int64_t, (size_t)size + 1);
    for (int r = 0; r < size; r++)
        owners[r] = td_item_rows_of_rank(table_rows, cuts->ranges, r, size).first;
    owners[size] = table_rows;
    return owners;
}

/* Room for as many columns as rows, or items of the table where these are fewer. */
void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             const td_column_cuts *cuts, const td_batch_limits *limits)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    const td_range mine = td_item_rows_of_rank(table_rows, cuts->ranges, rank, size);
    const int64_t more = limits->more + limits->shared;
    int64_t first, end;
    td_groups_of_rank(cuts, rank, size, &first, &end);
    *columns = (td_batch_columns){
        .comm = comm,
        .cuts = *cuts,
        .groups = (size_t)(end - first),
        .capacity = (size_t)td_smaller(table_rows, limits->group_rows + more),
    };
    const size_t columns_of_all =
        (size_t)td_smaller(limits->met_rows + limits->more + (end - first) * limits->shared,
                           (end - first) * table_rows);
    const size_t met = (size_t)td_smaller(table_rows, limits->met_rows + more);
    const size_t my_most = (size_t)td_smaller(mine.count, limits->rows + more);
    int64_t *owners = owners_of_items(cuts, table_rows, size);
    td_row_exchange_create(&columns->items, comm, table_rows, owners, cuts->groups == 1, met,
                           my_most);
    td_free(owners);
    columns->tile_offsets =
        TD_NEW(size_t, my_most / TD_CANDIDATE_TILE_ROWS + (size_t)cuts->ranges + 1);
    columns->group_offsets = TD_NEW(size_t, columns->groups + 1);
    columns->places = TD_NEW(int32_t, columns_of_all);
    columns->multiplicities = TD_NEW(int32_t, columns_of_all);
    columns->own = TD_NEW(int32_t, (size_t)limits->my_rows);
    td_columns_count_create(columns, limits);
}

void td_batch_columns_free(td_batch_columns *columns)
{
    td_row_exchange_free(&columns->items);
    td_free(columns->tile_offsets);
    td_free(columns->group_offsets);
    td_free(columns->places);
    td_free(columns->multiplicities);
    td_free(columns->own);
    td_columns_count_free(columns);
}

/* own (rows) = the place of each row's item among its group's columns */
static void find_own(td_batch_columns *columns, const td_batch *batch)
{
    int32_t *place_of = columns->items.place_of;
    for (size_t g = 0; g < columns->groups; g++) {
        const int32_t *items = columns->places + columns->group_offsets[g];
        const size_t n = columns->group_offsets[g + 1] - columns->group_offsets[g];
        int64_t from, to;
        td_rows_of_group(batch, g, &from, &to);
        for (size_t j = 0; j < n; j++)
            place_of[items[j]] = (int32_t)j;
#pragma omp parallel for if (columns->groups == 1)
        for (int64_t i = from; i < to; i++)
            columns->own[i] = place_of[batch->rows.item[i]];
        for (size_t j = 0; j < n; j++)
            place_of[items[j]] = -1;
    }
}

/* Tiles of what this rank embeds never cross an item range. */
static void cut_into_tiles(td_batch_columns *columns)
{
    const td_row_exchange *items = &columns->items;
    const int rank = td_comm_rank(columns->comm), size = td_comm_size(columns->comm);
    const int64_t ranges = columns->cuts.ranges, end_range = td_share(ranges, rank + 1, size);
    size_t place = 0;
    columns->tiles = 0;
    columns->tile_offsets[0] = 0;
    for (int64_t range = td_share(ranges, rank, size); range < end_range; range++) {
        const size_t end = td_first_from(items->my_count, items->my_ids,
                                         td_share(items->table_rows, range + 1, ranges));
        while (place < end) {
            const size_t left = end - place;
            place += left < TD_CANDIDATE_TILE_ROWS ? left : TD_CANDIDATE_TILE_ROWS;
            columns->tile_offsets[++columns->tiles] = place;
        }
    }
}

void td_batch_columns_gather(td_batch_columns *columns, const td_batch *batch,
                             const uint8_t *counts, int64_t number)
{
    columns->rows = (size_t)batch->all_rows;
    td_columns_count(columns, batch, counts, number);
    find_own(columns, batch);
    td_row_exchange_meet(&columns->items, columns->group_offsets[columns->groups], columns->places);
    cut_into_tiles(columns);
}
