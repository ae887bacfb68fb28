/* Distinct items by marking: column_of_item holds places while a list is made. */
#include "train/batch_columns.h"

#include "base/memory.h"
#include "base/share.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t item;
    int32_t count;
} counted_item;

static size_t smaller(int64_t a, int64_t b)
{
    return (size_t)(a < b ? a : b);
}

void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             int64_t ranges, int64_t rows, int64_t my_rows)
{
    size_t capacity = smaller(table_rows, rows), size = (size_t)td_comm_size(comm);
    size_t tiles = capacity / TD_CANDIDATE_TILE_ROWS + (size_t)ranges;
    *columns = (td_batch_columns){.table_rows = table_rows, .ranges = ranges, .capacity = capacity};
    columns->items = TD_NEW(int32_t, capacity);
    columns->multiplicities = TD_NEW(int32_t, capacity);
    columns->offsets = TD_NEW(size_t, size + 1);
    columns->tile_offsets = TD_NEW(size_t, tiles + 1);
    columns->column_of_item = TD_NEW(int32_t, (size_t)table_rows);
    memset(columns->column_of_item, -1, (size_t)table_rows * sizeof(int32_t));
    columns->own = TD_NEW(int32_t, (size_t)my_rows);
}

void td_batch_columns_free(td_batch_columns *columns)
{
    td_free(columns->items);
    td_free(columns->multiplicities);
    td_free(columns->offsets);
    td_free(columns->tile_offsets);
    td_free(columns->column_of_item);
    td_free(columns->own);
}

/* Adds count interactions with item to a list of n, and returns its new length. */
static size_t count_item(int32_t *column_of_item, counted_item *list, size_t n, int32_t item,
                         int32_t count)
{
    int32_t *place = &column_of_item[item];
    if (*place < 0) {
        *place = (int32_t)n;
        list[n++] = (counted_item){item, 0};
    }
    list[*place].count += count;
    return n;
}

static void unmark(int32_t *column_of_item, const counted_item *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        column_of_item[list[i].item] = -1;
}

static int by_item(const void *a, const void *b)
{
    const counted_item *x = a, *y = b;
    return (x->item > y->item) - (x->item < y->item);
}

/* Returns this rank's distinct items with their counts, in the order of their first row. */
static counted_item *count_mine(td_batch_columns *columns, const td_rows *rows, size_t *n)
{
    counted_item *mine = TD_NEW(counted_item, smaller(columns->table_rows, rows->count));
    *n = 0;
    for (int64_t i = 0; i < rows->count; i++)
        *n = count_item(columns->column_of_item, mine, *n, rows->item[i], 1);
    unmark(columns->column_of_item, mine, *n);
    return mine;
}

/* Joins the ranks' lists in place into one of distinct items, sorted, and returns its length. */
static size_t join(td_batch_columns *columns, counted_item *lists, size_t total)
{
    size_t n = 0;
    for (size_t i = 0; i < total; i++) /* writes at or before where it reads */
        n = count_item(columns->column_of_item, lists, n, lists[i].item, lists[i].count);
    unmark(columns->column_of_item, lists, n);
    qsort(lists, n, sizeof *lists, by_item);
    return n;
}

/* Unmarks the columns of the step before. */
static void clear_columns(td_batch_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        columns->column_of_item[columns->items[i]] = -1;
    columns->count = 0;
}

static void set_columns(td_batch_columns *columns, const counted_item *list, size_t n)
{
    columns->count = n;
    columns->rows = 0;
    for (size_t i = 0; i < n; i++) {
        columns->items[i] = list[i].item;
        columns->multiplicities[i] = list[i].count;
        columns->column_of_item[list[i].item] = (int32_t)i;
        columns->rows += (size_t)list[i].count;
    }
}

void td_item_ranges_of_rank(int64_t table_rows, int64_t ranges, int rank, int size, int64_t *first,
                            int64_t *end)
{
    *first = td_share(table_rows, td_share(ranges, rank, size), ranges);
    *end = td_share(table_rows, td_share(ranges, rank + 1, size), ranges);
}

/* The first column whose item is in a range at or after this one. */
static size_t first_column(const td_batch_columns *columns, int64_t range)
{
    int64_t first_item = td_share(columns->table_rows, range, columns->ranges);
    size_t low = 0, high = columns->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (columns->items[middle] < first_item)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void cut_among_ranks(td_batch_columns *columns, int size)
{
    for (int r = 0; r <= size; r++)
        columns->offsets[r] = first_column(columns, td_share(columns->ranges, r, size));
}

static void cut_into_tiles(td_batch_columns *columns, int rank, int size)
{
    int64_t range = td_share(columns->ranges, rank, size);
    int64_t end_range = td_share(columns->ranges, rank + 1, size);
    size_t place = columns->offsets[rank];
    columns->tiles = 0;
    columns->tile_offsets[0] = place;
    for (; range < end_range; range++) {
        size_t end = first_column(columns, range + 1);
        while (place < end) {
            size_t left = end - place;
            place += left < TD_CANDIDATE_TILE_ROWS ? left : TD_CANDIDATE_TILE_ROWS;
            columns->tile_offsets[++columns->tiles] = place;
        }
    }
}

void td_batch_columns_gather(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    size_t n, total;
    clear_columns(columns);
    counted_item *mine = count_mine(columns, &batch->rows, &n);
    counted_item *lists = td_comm_gather_all(comm, mine, n, sizeof *mine, &total);
    n = join(columns, lists, total);
    set_columns(columns, lists, n);
    td_free(mine);
    td_free(lists);
    cut_among_ranks(columns, td_comm_size(comm));
    cut_into_tiles(columns, td_comm_rank(comm), td_comm_size(comm));
    for (int64_t i = 0; i < batch->rows.count; i++)
        columns->own[i] = columns->column_of_item[batch->rows.item[i]];
}
