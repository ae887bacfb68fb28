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
    int64_t table_rows; /* of the item table */
    td_column_cuts cuts;
    size_t rows; /* interactions, over all ranks */

    /* What this rank meets. Group g is the one of td_batch, its columns those of places
     * [group_offsets[g], group_offsets[g + 1]). */
    size_t count;            /* distinct items */
    int32_t *items;          /* (count), ascending */
    size_t *offsets;         /* (size + 1): rank r embeds items [offsets[r], offsets[r + 1]) */
    size_t groups;           /* of this rank */
    size_t *group_offsets;   /* (groups + 1) */
    int32_t *places;         /* a column's item, as a place in items; ascending in a group */
    int32_t *multiplicities; /* likewise: the rows of the group with this item */
    int32_t *own;            /* (rows of this rank): each row's column in its group */

    /* What this rank embeds. */
    size_t my_count;
    const int32_t *my_items; /* (my_count), ascending */
    size_t tiles;
    size_t *tile_offsets; /* (tiles + 1), into my_items */

    /* With several groups: who meets which of them. */
    int64_t *asked_offsets; /* (size + 1): rank r meets asked[asked_offsets[r]] and those up to */
    int32_t *asked;         /* asked_offsets[r + 1], as places in my_items; ascending */
    int32_t *own_items;     /* my_items */

    size_t capacity;       /* columns of a group that there is room for */
    size_t met_capacity;   /* items */
    size_t my_capacity;    /* my_items */
    int32_t *mark_of_item; /* (table_rows), -1 between uses */
    int32_t *histogram;    /* (table_rows): rows with each item; NULL where lists are shorter */
    bool is_counted;       /* the histogram is that of the next batch, over all ranks */
} td_batch_columns;

/* Local. Makes room for batches within limits. Free with td_batch_columns_free. */
void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             const td_column_cuts *cuts, const td_batch_limits *limits);
void td_batch_columns_free(td_batch_columns *columns);

/* Local. The number of words that the counts of a step's items are, to be added over the ranks in
 * the step before, with what that adds anyway; 0 where items are counted by lists. */
size_t td_batch_columns_words(const td_batch_columns *columns);

/* Local. Sets words to this rank's counts of the next step; takes their sums over the ranks. After
 * that the next step must be gathered, by then without a collective for its items. */
void td_batch_columns_put_next(td_batch_columns *columns, const td_batch *next, td_exact *words);
void td_batch_columns_take_next(td_batch_columns *columns, const td_exact *words);

/* Collective. Finds the columns of a step from every rank's part of the batch. */
void td_batch_columns_gather(td_batch_columns *columns, td_comm *comm, const td_batch *batch);

/* Collective. Returns, of the embeddings that every rank made, my_v (my_count, width), those that
 * this rank meets (count, width); the caller frees them with td_free. */
float *td_batch_columns_spread(const td_batch_columns *columns, td_comm *comm, size_t width,
                               const float *my_v);

/* Collective. From the sums of what every rank meets, dv (count, width), those over all ranks of
 * what this rank embeds: my_dv (my_count, width). What dv holds is then worthless. */
void td_batch_columns_reduce(const td_batch_columns *columns, td_comm *comm, size_t width,
                             td_exact *dv, td_exact *my_dv);

#endif
