/* The columns of a step, and who embeds which.
 *
 * A row's columns are the distinct items of its group's rows, over all ranks, sorted by item
 * (data/batches.h cuts the groups: one, the whole batch, unless retrieval.negatives says
 * otherwise). A rank meets the columns of the groups that it has shards of. The rows of the item
 * table are cut into item ranges, whose number the configuration fixes; a rank owns a contiguous
 * run of ranges and embeds the batch's items in them, in candidate tiles that never cross a range.
 * So tiles depend on the batch alone.
 */
#ifndef TD_TRAIN_BATCH_COLUMNS_H
#define TD_TRAIN_BATCH_COLUMNS_H

#include "comm/comm.h"
#include "comm/row_exchange.h"
#include "data/batches.h"

#include <stddef.h>
#include <stdint.h>

enum { TD_CANDIDATE_TILE_ROWS = 128 };

/* How rows are cut: the number of shards, of groups that they are joined to, of item ranges. */
typedef struct {
    int64_t shards;
    int64_t groups;
    int64_t ranges;
} td_column_cuts;

typedef struct {
    td_comm *comm;
    td_column_cuts cuts;
    size_t rows; /* interactions, over all ranks */

    /* The distinct items that this rank meets (items.ids) and those that it embeds (items.my_ids),
     * in tiles. */
    td_row_exchange items;
    size_t tiles;
    size_t *tile_offsets; /* (tiles + 1), into items.my_ids */

    /* Group g is the one of td_batch, its columns those of places [group_offsets[g],
     * group_offsets[g + 1]). */
    size_t groups;           /* of this rank */
    size_t *group_offsets;   /* (groups + 1) */
    int32_t *places;         /* a column's item, as a place in items.ids; ascending in a group */
    int32_t *multiplicities; /* likewise: the group's rows with this item that count; 0: none */
    int32_t *own;            /* (rows of this rank): each row's column in its group */
    size_t capacity;         /* columns of a group that there is room for */

    /* Counting by one count for every item of the table; NULL where lists are shorter. */
    int32_t *histogram; /* (table rows): rows of this step with each item */
    int32_t *counted;   /* (table rows): those of step counted_step, over all ranks */
    int64_t counted_step;

    struct td_column_lists *lists; /* counting by lists; NULL with a histogram */
} td_batch_columns;

/* Local. Makes room for batches within limits. Keeps comm by reference. Free with
 * td_batch_columns_free. */
void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             const td_column_cuts *cuts, const td_batch_limits *limits);
void td_batch_columns_free(td_batch_columns *columns);

/* Local. The number of words that the counts of a step's items are, to be added over the ranks in
 * the step before, with what that adds anyway; 0 where items are counted by lists. */
size_t td_batch_columns_words(const td_batch_columns *columns);

/* Local. Sets words to this rank's counts of a step's items; takes their sums over the ranks, as
 * those of step number. That step is then gathered without a collective for its items. */
void td_batch_columns_put(td_batch_columns *columns, const td_batch *batch, td_exact *words);
void td_batch_columns_take(td_batch_columns *columns, int64_t number, const td_exact *words);

/* Collective. Finds the columns of step number from every rank's part of its batch: the items of
 * all rows and what it has besides, with the multiplicities of those that count (a byte each, 0 for
 * one that does not; NULL: all). Counts that were taken for the step are used and stay, so that it
 * may be gathered again; number 0 uses none. */
void td_batch_columns_gather(td_batch_columns *columns, const td_batch *batch,
                             const uint8_t *counts, int64_t number);

#endif
