/* What the columns of a step are made with; for batch_columns.c and column_counts.c only. */
#ifndef TD_TRAIN_BATCH_COLUMNS_PARTS_H
#define TD_TRAIN_BATCH_COLUMNS_PARTS_H

#include "train/batch_columns.h"

/* Local. The groups, [first, end) of all, that a rank has shards of. */
void td_groups_of_rank(const td_column_cuts *cuts, int rank, int size, int64_t *first,
                       int64_t *end);

/* Local. The rows of a group, [from, to) of this rank's. */
static inline void td_rows_of_group(const td_batch *batch, size_t group, int64_t *from, int64_t *to)
{
    *from = batch->offsets[batch->group_tiles[group]];
    *to = batch->offsets[batch->group_tiles[group + 1]];
}

/* Local. Makes room for counting the items of steps within limits. */
void td_columns_count_create(td_batch_columns *columns, const td_batch_limits *limits);
void td_columns_count_free(td_batch_columns *columns);

/* Collective. Sets group_offsets, multiplicities, and places, to items for now: how many rows of
 * each of this rank's groups have which item, over all ranks. */
void td_columns_count(td_batch_columns *columns, const td_batch *batch, const uint8_t *counts,
                      int64_t number);

#endif
