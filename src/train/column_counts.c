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

/* Memory of the lists, kept from step to step. */
typedef struct td_column_lists {
    td_buffer mine;           /* this rank's lists, of its groups in order */
    td_buffer sent;           /* the same, once for every rank that has rows of the group, */
    td_buffer came;           /* those of all ranks that have rows of this rank's groups, */
    td_buffer sorted;         /* and these without headings, by group */
    size_t *mine_offsets;     /* (groups + 1) */
    size_t *sorted_offsets;   /* (groups + 1) */
    size_t *next;             /* (groups) */
    size_t *gathered_offsets; /* (size + 1) */
    int64_t *send_offsets;    /* (size + 1) */
    int64_t *recv_offsets;    /* (size + 1) */
} td_column_lists;

/* Whether counts of all items of the table are less to send than lists of those that occur. A rank
 * gets 8 bytes for each item that occurs on each rank, or sends and gets 4 for each of the table.
 * About half of a rank's rows have an item that none before them has. A histogram cannot tell an
 * item none of whose rows counts from one without rows. */
static bool fits_histogram(const td_column_cuts *cuts, int64_t table_rows,
                           const td_batch_limits *limits)
{
    return cuts->groups == 1 && 2 * table_rows <= limits->rows && !limits->selects &&
           !limits->only_shared;
}

void td_columns_count_create(td_batch_columns *columns, const td_batch_limits *limits)
{
    const int64_t table_rows = columns->items.table_rows;
    const size_t groups = columns->groups, ranks = (size_t)td_comm_size(columns->comm) + 1;
    if (fits_histogram(&columns->cuts, table_rows, limits)) {
        columns->histogram = TD_NEW(int32_t, (size_t)table_rows);
        columns->counted = TD_NEW(int32_t, (size_t)table_rows);
        return;
    }
    columns->lists = TD_NEW(td_column_lists, 1);
    *columns->lists = (td_column_lists){.mine_offsets = TD_NEW(size_t, groups + 1),
                                        .sorted_offsets = TD_NEW(size_t, groups + 1),
                                        .next = TD_NEW(size_t, groups),
                                        .gathered_offsets = TD_NEW(size_t, ranks),
                                        .send_offsets = TD_NEW(int64_t, ranks),
                                        .recv_offsets = TD_NEW(int64_t, ranks)};
}

void td_columns_count_free(td_batch_columns *columns)
{
    td_column_lists *lists = columns->lists;
    td_free(columns->histogram);
    td_free(columns->counted);
    if (!lists)
        return;
    td_buffer_free(&lists->mine);
    td_buffer_free(&lists->sent);
    td_buffer_free(&lists->came);
    td_buffer_free(&lists->sorted);
    td_free(lists->mine_offsets);
    td_free(lists->sorted_offsets);
    td_free(lists->next);
    td_free(lists->gathered_offsets);
    td_free(lists->send_offsets);
    td_free(lists->recv_offsets);
    td_free(lists);
}

static size_t histogram_bytes(const td_batch_columns *columns)
{
    return (size_t)columns->items.table_rows * sizeof *columns->histogram;
}

/* A group's items besides those of its rows, of this rank's. */
static td_range more_of_group(const td_batch *batch, size_t group)
{
    const int64_t *offsets = batch->more_offsets;
    return offsets ? td_range_to(offsets[group], offsets[group + 1]) : (td_range){0, 0};
}

/* histogram (table rows) = this rank's rows, and items besides, of each item */
static void fill_histogram(td_batch_columns *columns, const td_batch *batch)
{
    const td_range more = more_of_group(batch, 0);
    memset(columns->histogram, 0, histogram_bytes(columns));
    for (int64_t i = 0; i < more.count; i++)
        columns->histogram[batch->more_items[more.first + i]]++;
    for (int64_t i = 0; i < batch->rows.count; i++)
        columns->histogram[batch->rows.item[i]]++;
}

size_t td_batch_columns_words(const td_batch_columns *columns)
{
    return columns->histogram ? ((size_t)columns->items.table_rows + 1) / 2 : 0;
}

/* A word is two counts. Added as one number they stay apart: neither is negative or overflows, so
 * nothing is carried from one to the other. */
void td_batch_columns_put(td_batch_columns *columns, const td_batch *batch, td_exact *words)
{
    if (!columns->histogram)
        return;
    fill_histogram(columns, batch);
    words[td_batch_columns_words(columns) - 1] = 0;
    memcpy(words, columns->histogram, histogram_bytes(columns));
}

/* The sums of all ranks, as the counts of a step to come. */
void td_batch_columns_take(td_batch_columns *columns, int64_t number, const td_exact *words)
{
    if (!columns->histogram)
        return;
    memcpy(columns->counted, words, histogram_bytes(columns));
    columns->counted_step = number;
}

/* Collective, unless the counts of all items are here. Those that are not 0 make the columns. */
static void count_all_items(td_batch_columns *columns, const td_batch *batch, int64_t number)
{
    const int32_t *histogram = columns->counted;
    int64_t rows = 0;
    size_t n = 0;
    if (number == 0 || number != columns->counted_step) {
        fill_histogram(columns, batch);
        td_comm_sum_counts(columns->comm, (size_t)columns->items.table_rows, columns->histogram);
        histogram = columns->histogram;
    }
    for (int32_t item = 0; item < columns->items.table_rows; item++)
        if (histogram[item] > 0) {
            columns->places[n] = item;
            columns->multiplicities[n++] = histogram[item];
            rows += histogram[item];
        }
    TD_ASSERT(rows >= batch->all_rows); /* not those of another batch */
    columns->group_offsets[1] = n;
}

/* Adds a count to a list of n distinct items, and returns its new length. */
static size_t count_item(int32_t *place_of, counted_item *list, size_t n, counted_item more)
{
    int32_t *place = &place_of[more.item];
    if (*place < 0) {
        *place = (int32_t)n;
        list[n] = more;
        return n + 1;
    }
    list[*place].count += more.count;
    return n;
}

static void unmark(int32_t *place_of, const counted_item *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        place_of[list[i].item] = -1;
}

static int by_item(const void *a, const void *b)
{
    const counted_item *x = a, *y = b;
    return (x->item > y->item) - (x->item < y->item);
}

/* Lists each of this rank's groups, one list after the other; mine_offsets says where each begins.
 */
static void list_mine(td_batch_columns *columns, const td_batch *batch, const uint8_t *counts,
                      int64_t first_group)
{
    td_column_lists *lists = columns->lists;
    int32_t *place_of = columns->items.place_of;
    size_t *offsets = lists->mine_offsets;
    const int64_t more = batch->more_offsets ? batch->more_offsets[columns->groups] : 0;
    counted_item *all = td_buffer_fit(
        &lists->mine, (size_t)(batch->rows.count + more) + columns->groups, sizeof *all);
    offsets[0] = 0;
    for (size_t g = 0; g < columns->groups; g++) {
        counted_item *heading = all + offsets[g], *list = heading + 1;
        int64_t from, to;
        size_t n = 0;
        td_rows_of_group(batch, g, &from, &to);
        for (int64_t i = from; i < to; i++)
            n = count_item(place_of, list, n,
                           (counted_item){batch->rows.item[i], !counts || counts[i]});
        const td_range besides = more_of_group(batch, g);
        for (int64_t i = besides.first; i < td_range_end(besides); i++)
            n = count_item(place_of, list, n, (counted_item){batch->more_items[i], 1});
        unmark(place_of, list, n);
        *heading = (counted_item){-1 - (int32_t)(first_group + (int64_t)g), (int32_t)n};
        offsets[g + 1] = offsets[g] + 1 + n;
    }
}

/* The elements of this rank's lists that a rank has rows of the groups of. */
static td_range elements_for(const td_batch_columns *columns, int64_t first_group, int rank)
{
    const int64_t end_group = first_group + (int64_t)columns->groups;
    int64_t first, end;
    td_groups_of_rank(&columns->cuts, rank, td_comm_size(columns->comm), &first, &end);
    first = td_larger(first, first_group);
    end = td_smaller(end, end_group);
    if (first >= end)
        return (td_range){0, 0};
    const size_t *offsets = columns->lists->mine_offsets;
    return td_range_to((int64_t)offsets[first - first_group], (int64_t)offsets[end - first_group]);
}

/* Collective. Sends every rank this rank's lists of the groups that both have shards of, its own
 * among them; returns the number of elements that came. */
static size_t exchange_shared(td_batch_columns *columns, int64_t first_group)
{
    td_column_lists *lists = columns->lists;
    const int size = td_comm_size(columns->comm);
    const counted_item *mine = lists->mine.at;
    int64_t *offsets = lists->send_offsets;
    for (int r = 0; r < size; r++)
        offsets[r + 1] = offsets[r] + elements_for(columns, first_group, r).count;
    counted_item *out = td_buffer_fit(&lists->sent, (size_t)offsets[size], sizeof *out);
    for (int r = 0; r < size; r++) {
        const td_range range = elements_for(columns, first_group, r);
        memcpy(out + offsets[r], mine + range.first, (size_t)range.count * sizeof *out);
    }
    td_comm_recv_offsets(columns->comm, offsets, lists->recv_offsets);
    const size_t total = (size_t)lists->recv_offsets[size];
    counted_item *came = td_buffer_fit(&lists->came, total, sizeof *came);
    td_comm_alltoallv_into(columns->comm, sizeof *came, out, offsets, lists->recv_offsets, came);
    return total;
}

/* Collective. All ranks' lists of the one group to every rank; returns the number of elements. */
static size_t gather_all(td_batch_columns *columns)
{
    td_column_lists *lists = columns->lists;
    size_t *offsets = lists->gathered_offsets;
    td_comm_allgatherv_fit(columns->comm, lists->mine.at, lists->mine_offsets[1],
                           sizeof(counted_item), offsets, &lists->came);
    return offsets[td_comm_size(columns->comm)];
}

/* Sets n columns from place first on to distinct items with their counts, by sorting the items. */
static void sort_items(td_batch_columns *columns, size_t first, counted_item *list, size_t n)
{
    qsort(list, n, sizeof *list, by_item);
    for (size_t i = 0; i < n; i++) {
        columns->places[first + i] = list[i].item;
        columns->multiplicities[first + i] = list[i].count;
    }
}

/* The same by a walk along the table, where the items' places are marked. */
static void walk_items(td_batch_columns *columns, size_t first, const counted_item *list)
{
    const int32_t *place_of = columns->items.place_of;
    int32_t *items = columns->places + first, *counts = columns->multiplicities + first;
    for (int32_t item = 0; item < columns->items.table_rows; item++)
        if (place_of[item] >= 0) {
            *items++ = item;
            *counts++ = list[place_of[item]].count;
        }
}

/* Joins the lists of one group to distinct items, sorted, after those of the groups before it. */
static void join_group(td_batch_columns *columns, size_t group, counted_item *entries, size_t n)
{
    enum { WALK = 32 }; /* steps of a walk that an item may take: fewer than to sort it */
    size_t distinct = 0, first = columns->group_offsets[group];
    for (size_t i = 0; i < n; i++) /* writes at or before where it reads */
        distinct = count_item(columns->items.place_of, entries, distinct, entries[i]);
    const bool walks = (size_t)columns->items.table_rows <= WALK * distinct;
    if (walks)
        walk_items(columns, first, entries);
    unmark(columns->items.place_of, entries, distinct);
    if (!walks)
        sort_items(columns, first, entries, distinct);
    columns->group_offsets[group + 1] = first + distinct;
}

/* A heading's group, of this rank's. */
static size_t group_of(counted_item heading, int64_t first_group)
{
    return (size_t)(-1 - (int64_t)heading.item - first_group);
}

/* Brings the items of the lists that came into the order of groups; sorted_offsets is set to where
 * each group's begin. */
static counted_item *sort_by_group(td_column_lists *lists, size_t total, int64_t first_group,
                                   size_t groups)
{
    const counted_item *came = lists->came.at;
    counted_item *sorted = td_buffer_fit(&lists->sorted, total, sizeof *sorted);
    size_t *offsets = lists->sorted_offsets, *next = lists->next;
    memset(offsets, 0, (groups + 1) * sizeof *offsets);
    for (size_t i = 0; i < total; i += 1 + (size_t)came[i].count)
        offsets[group_of(came[i], first_group) + 1] += (size_t)came[i].count;
    for (size_t g = 0; g < groups; g++) {
        offsets[g + 1] += offsets[g];
        next[g] = offsets[g];
    }
    for (size_t i = 0; i < total; i += 1 + (size_t)came[i].count) {
        const size_t g = group_of(came[i], first_group), n = (size_t)came[i].count;
        memcpy(sorted + next[g], came + i + 1, n * sizeof *sorted);
        next[g] += n;
    }
    return sorted;
}

/* Collective. The lists of what occurs, of all ranks, joined. */
static void count_listed_items(td_batch_columns *columns, const td_batch *batch,
                               const uint8_t *counts)
{
    td_column_lists *lists = columns->lists;
    int64_t first_group, end_group;
    td_groups_of_rank(&columns->cuts, td_comm_rank(columns->comm), td_comm_size(columns->comm),
                      &first_group, &end_group);
    list_mine(columns, batch, counts, first_group);
    const size_t total =
        columns->cuts.groups == 1 ? gather_all(columns) : exchange_shared(columns, first_group);
    counted_item *sorted = sort_by_group(lists, total, first_group, columns->groups);
    for (size_t g = 0; g < columns->groups; g++)
        join_group(columns, g, sorted + lists->sorted_offsets[g],
                   lists->sorted_offsets[g + 1] - lists->sorted_offsets[g]);
}

void td_columns_count(td_batch_columns *columns, const td_batch *batch, const uint8_t *counts,
                      int64_t number)
{
    TD_ASSERT(!counts || columns->lists);
    if (columns->histogram)
        count_all_items(columns, batch, number);
    else
        count_listed_items(columns, batch, counts);
}
