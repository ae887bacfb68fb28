/* Counting the items of a step's rows over all ranks: by one count for every item of the table, or
 * by lists of those that occur, whichever is less to send. Lists go only where their group has
 * rows.
 */
#include "train/batch_columns_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"

#include <stdlib.h>
#include <string.h>

/* How many rows have an item. A group's list begins with a heading, whose item is -1 less the
 * group's number of all, and whose count is that of the list's items. */
typedef struct {
    int32_t item;
    int32_t count;
} counted_item;

/* A rank gets 8 bytes for each item that occurs on each rank, or sends and gets 4 for each of the
 * table. About half of a rank's rows have an item that none before them has. */
bool td_columns_fit_histogram(const td_column_cuts *cuts, int64_t table_rows, int64_t rows)
{
    return cuts->groups == 1 && 2 * table_rows <= rows;
}

static void fill_histogram(td_batch_columns *columns, const td_batch *batch)
{
    int32_t *histogram = columns->histogram;
    memset(histogram, 0, (size_t)columns->table_rows * sizeof *histogram);
    for (int64_t i = 0; i < batch->rows.count; i++)
        histogram[batch->rows.item[i]]++;
}

size_t td_batch_columns_words(const td_batch_columns *columns)
{
    return columns->histogram ? ((size_t)columns->table_rows + 1) / 2 : 0;
}

/* A word is two counts. Added as one number they stay apart: neither is negative or overflows, so
 * nothing is carried from one to the other. */
void td_batch_columns_put_next(td_batch_columns *columns, const td_batch *next, td_exact *words)
{
    if (!columns->histogram)
        return;
    fill_histogram(columns, next);
    words[td_batch_columns_words(columns) - 1] = 0;
    memcpy(words, columns->histogram, (size_t)columns->table_rows * sizeof *columns->histogram);
}

void td_batch_columns_take_next(td_batch_columns *columns, const td_exact *words)
{
    if (!columns->histogram)
        return;
    memcpy(columns->histogram, words, (size_t)columns->table_rows * sizeof *columns->histogram);
    columns->is_counted = true;
}

/* Collective, unless the counts of all items are here. Those that are not 0 make the columns. */
static void count_all_items(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    int32_t *histogram = columns->histogram;
    int64_t rows = 0;
    size_t n = 0;
    if (!columns->is_counted) {
        fill_histogram(columns, batch);
        td_comm_sum_counts(comm, (size_t)columns->table_rows, histogram);
    }
    columns->is_counted = false;
    for (int32_t item = 0; item < columns->table_rows; item++)
        if (histogram[item] > 0) {
            columns->places[n] = item;
            columns->multiplicities[n++] = histogram[item];
            rows += histogram[item];
        }
    TD_ASSERT(rows == batch->all_rows); /* not those of another batch */
    columns->group_offsets[1] = n;
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

/* Returns each of this rank's groups' lists, one after the other; offsets (groups + 1) says where
 * each begins. The caller frees them. */
static counted_item *list_mine(td_batch_columns *columns, const td_batch *batch,
                               int64_t first_group, size_t *offsets)
{
    counted_item *all = TD_NEW(counted_item, (size_t)batch->rows.count + columns->groups);
    for (size_t g = 0; g < columns->groups; g++) {
        counted_item *heading = all + offsets[g], *list = heading + 1;
        int64_t from, to;
        size_t n = 0;
        td_rows_of_group(batch, g, &from, &to);
        for (int64_t i = from; i < to; i++)
            n = count_item(columns->mark_of_item, list, n, (counted_item){batch->rows.item[i], 1});
        unmark(columns->mark_of_item, list, n);
        *heading = (counted_item){-1 - (int32_t)(first_group + (int64_t)g), (int32_t)n};
        offsets[g + 1] = offsets[g] + 1 + n;
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
        td_groups_of_rank(&columns->cuts, r, size, &first, &end);
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
    counted_item *all = td_comm_alltoallv(comm, sizeof *out, out, starts, came);
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
    counted_item *mine = list_mine(columns, batch, first_group, offsets);
    counted_item *lists = columns->cuts.groups == 1
                              ? td_comm_allgatherv(comm, mine, offsets[1], sizeof *mine, total)
                              : exchange_shared(columns, comm, first_group, mine, offsets, total);
    td_free(mine);
    td_free(offsets);
    return lists;
}

/* Joins the lists of one group to distinct items, sorted, after those of the groups before it. */
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

/* A heading's group, of this rank's. */
static size_t group_of(counted_item heading, int64_t first_group)
{
    return (size_t)(-1 - (int64_t)heading.item - first_group);
}

/* Brings the lists' items into the order of groups; starts (groups + 1) is set to where each
 * group's begin. */
static counted_item *sort_by_group(const counted_item *lists, size_t total, int64_t first_group,
                                   size_t groups, size_t *starts)
{
    counted_item *sorted = td_allocate(total, sizeof *sorted);
    size_t *next = TD_NEW(size_t, groups);
    for (size_t i = 0; i < total; i += 1 + (size_t)lists[i].count)
        starts[group_of(lists[i], first_group) + 1] += (size_t)lists[i].count;
    for (size_t g = 0; g < groups; g++) {
        starts[g + 1] += starts[g];
        next[g] = starts[g];
    }
    for (size_t i = 0; i < total; i += 1 + (size_t)lists[i].count) {
        const size_t g = group_of(lists[i], first_group), n = (size_t)lists[i].count;
        memcpy(sorted + next[g], lists + i + 1, n * sizeof *sorted);
        next[g] += n;
    }
    td_free(next);
    return sorted;
}

/* Collective. The lists of what occurs, of all ranks, joined. */
static void count_listed_items(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    int64_t first_group, end_group;
    size_t total, *starts = TD_NEW(size_t, columns->groups + 1);
    td_groups_of_rank(&columns->cuts, td_comm_rank(comm), td_comm_size(comm), &first_group,
                      &end_group);
    counted_item *lists = collect(columns, comm, batch, first_group, &total);
    counted_item *sorted = sort_by_group(lists, total, first_group, columns->groups, starts);
    for (size_t g = 0; g < columns->groups; g++)
        join_group(columns, g, sorted + starts[g], starts[g + 1] - starts[g]);
    td_free(lists);
    td_free(sorted);
    td_free(starts);
}

void td_columns_count(td_batch_columns *columns, td_comm *comm, const td_batch *batch)
{
    if (columns->histogram)
        count_all_items(columns, comm, batch);
    else
        count_listed_items(columns, comm, batch);
}
