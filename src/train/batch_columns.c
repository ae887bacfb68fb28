/* Distinct items by marking: mark_of_item holds places while a list is made. */
#include "train/batch_columns.h"

#include "base/bounds.h"
#include "base/memory.h"
#include "base/share.h"

#include <stdlib.h>
#include <string.h>

/* How many rows of a group have an item. */
typedef struct {
    int32_t group; /* of all */
    int32_t item;
    int32_t count;
} counted_item;

/* The groups, [first, end) of all, that a rank has shards of. */
static void groups_of_rank(const td_column_cuts *cuts, int rank, int size, int64_t *first,
                           int64_t *end)
{
    *first = 0;
    *end = 1;
    if (cuts->groups == 1)
        return;
    *first = td_part_of(cuts->shards, td_share(cuts->shards, rank, size), cuts->groups);
    *end = td_part_of(cuts->shards, td_share(cuts->shards, rank + 1, size) - 1, cuts->groups) + 1;
}

void td_item_ranges_of_rank(int64_t table_rows, int64_t ranges, int rank, int size, int64_t *first,
                            int64_t *end)
{
    *first = td_share(table_rows, td_share(ranges, rank, size), ranges);
    *end = td_share(table_rows, td_share(ranges, rank + 1, size), ranges);
}

void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             const td_column_cuts *cuts, const td_batch_limits *limits)
{
    const int rank = td_comm_rank(comm), size = td_comm_size(comm);
    int64_t first, end, first_item, end_item;
    td_item_ranges_of_rank(table_rows, cuts->ranges, rank, size, &first_item, &end_item);
    groups_of_rank(cuts, rank, size, &first, &end);
    *columns = (td_batch_columns){
        .table_rows = table_rows,
        .cuts = *cuts,
        .groups = (size_t)(end - first),
        .capacity = (size_t)td_smaller(table_rows, limits->group_rows),
        .met_capacity = (size_t)td_smaller(table_rows, limits->met_rows),
        .my_capacity = (size_t)td_smaller(end_item - first_item, limits->rows),
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
}

/* Adds a count to a list of n distinct items, and returns its new length. */
static size_t count_item(int32_t *mark_of_item, counted_item *list, size_t n, counted_item more)
{
    int32_t *place = &mark_of_item[more.item];
    if (*place < 0) {
        *place = (int32_t)n;
        list[n] = more;
        return n + 1;
    }
    list[*place].count += more.count;
    return n;
}

static void unmark(int32_t *mark_of_item, const counted_item *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mark_of_item[list[i].item] = -1;
}

static int by_item(const void *a, const void *b)
{
    const counted_item *x = a, *y = b;
    return (x->item > y->item) - (x->item < y->item);
}

static int ascending(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The rows of a group, [from, to) of this rank's. */
static void rows_of_group(const td_batch *batch, size_t group, int64_t *from, int64_t *to)
{
    *from = batch->offsets[batch->group_tiles[group]];
    *to = batch->offsets[batch->group_tiles[group + 1]];
}

/* Returns each of this rank's groups' distinct items with their counts, group after group; offsets
 * (groups + 1) says where each begins. The caller frees the list. */
static counted_item *count_mine(td_batch_columns *columns, const td_batch *batch,
                                int64_t first_group, size_t *offsets)
{
    counted_item *all = TD_NEW(counted_item, (size_t)batch->rows.count), *list = all;
    for (size_t g = 0; g < columns->groups; g++) {
        int64_t from, to;
        size_t n = 0;
        rows_of_group(batch, g, &from, &to);
        for (int64_t i = from; i < to; i++)
            n = count_item(
                columns->mark_of_item, list, n,
                (counted_item){(int32_t)(first_group + (int64_t)g), batch->rows.item[i], 1});
        unmark(columns->mark_of_item, list, n);
        list += n;
        offsets[g + 1] = (size_t)(list - all);
    }
    return all;
}

/* Collective. Sends every rank this rank's lists of the groups that both have shards of, its own
 * among them; returns what came. */
static counted_item *exchange_shared(const td_batch_columns *columns, td_comm *comm,
                                     int64_t first_group, const counted_item *mine,
                                     const size_t *offsets, size_t *total)
{
    const int size = td_comm_size(comm);
    const int64_t end_group = first_group + (int64_t)columns->groups;
    int64_t *starts = TD_NEW(int64_t, (size_t)size + 1), *came = TD_NEW(int64_t, (size_t)size + 1);
    counted_item *out = NULL;
    for (int r = 0; r < size; r++) {
        int64_t first, end, n = starts[r];
        groups_of_rank(&columns->cuts, r, size, &first, &end);
        first = first > first_group ? first : first_group;
        end = td_smaller(end, end_group);
        starts[r + 1] = n;
        if (first >= end)
            continue;
        const size_t from = offsets[first - first_group], to = offsets[end - first_group];
        starts[r + 1] += (int64_t)(to - from);
        out = td_reallocate(out, (size_t)n, (size_t)starts[r + 1], sizeof *out);
        memcpy(out + n, mine + from, (to - from) * sizeof *out);
    }
    counted_item *all = td_comm_exchange(comm, sizeof *out, out, starts, came);
    *total = (size_t)came[size];
    td_free(out);
    td_free(starts);
    td_free(came);
    return all;
}

/* Collective. Returns the lists of all ranks that have rows of this rank's groups. */
static counted_item *collect(td_batch_columns *columns, td_comm *comm, const td_batch *batch,
                             int64_t first_group, size_t *total)
{
    size_t *offsets = TD_NEW(size_t, columns->groups + 1);
    counted_item *mine = count_mine(columns, batch, first_group, offsets);
    counted_item *lists = columns->cuts.groups == 1
                              ? td_comm_gather_all(comm, mine, offsets[1], sizeof *mine, total)
                              : exchange_shared(columns, comm, first_group, mine, offsets, total);
    td_free(mine);
    td_free(offsets);
    return lists;
}

/* Joins the entries of one group among the lists into distinct items, sorted, after those of the
 * groups before it. Items stand in places until all are known. */
static void join_group(td_batch_columns *columns, size_t group, counted_item *entries, size_t n)
{
    size_t distinct = 0, first = columns->group_offsets[group];
    for (size_t i = 0; i < n; i++) /* writes at or before where it reads */
        distinct = count_item(columns->mark_of_item, entries, distinct, entries[i]);
    unmark(columns->mark_of_item, entries, distinct);
    qsort(entries, distinct, sizeof *entries, by_item);
    for (size_t i = 0; i < distinct; i++) {
        columns->places[first + i] = entries[i].item;
        columns->multiplicities[first + i] = entries[i].count;
    }
    columns->group_offsets[group + 1] = first + distinct;
}

/* Brings the lists into the order of groups; starts (groups + 1) is set to where each begins. */
static counted_item *sort_by_group(const counted_item *lists, size_t total, int64_t first_group,
                                   size_t groups, size_t *starts)
{
    counted_item *sorted = td_allocate(total, sizeof *sorted);
    size_t *next = TD_NEW(size_t, groups);
    for (size_t i = 0; i < total; i++)
        starts[lists[i].group - first_group + 1]++;
    for (size_t g = 0; g < groups; g++) {
        starts[g + 1] += starts[g];
        next[g] = starts[g];
    }
    for (size_t i = 0; i < total; i++)
        sorted[next[lists[i].group - first_group]++] = lists[i];
    td_free(next);
    return sorted;
}

static void join_groups(td_batch_columns *columns, const counted_item *lists, size_t total,
                        int64_t first_group)
{
    size_t *starts = TD_NEW(size_t, columns->groups + 1);
    counted_item *sorted = sort_by_group(lists, total, first_group, columns->groups, starts);
    for (size_t g = 0; g < columns->groups; g++)
        join_group(columns, g, sorted + starts[g], starts[g + 1] - starts[g]);
    td_free(sorted);
    td_free(starts);
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
        rows_of_group(batch, g, &from, &to);
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

/* Collective with several groups; one's columns count all rows. */
static void count_rows(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    int64_t rows = 0;
    if (columns->cuts.groups == 1) {
        for (size_t i = 0; i < columns->count; i++)
            rows += columns->multiplicities[i];
    } else {
        rows = batch->rows.count;
        td_comm_sum(comm, 1, &rows);
    }
    columns->rows = (size_t)rows;
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
    columns->asked = td_comm_exchange(comm, sizeof *columns->items, columns->items, starts,
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
    int64_t first_group, end_group;
    size_t total;
    groups_of_rank(&columns->cuts, rank, size, &first_group, &end_group);
    counted_item *lists = collect(columns, comm, batch, first_group, &total);
    join_groups(columns, lists, total, first_group);
    td_free(lists);
    find_own(columns, batch);
    find_items(columns);
    count_rows(columns, comm, batch);
    cut_among_ranks(columns, size);
    ask_owners(columns, comm);
    cut_into_tiles(columns, rank, size);
}
