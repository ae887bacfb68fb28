/* The columns of a step: the global batch's distinct items, and who embeds which.
 *
 * Columns are sorted by item. The rows of the item table are cut into item ranges, whose number
 * the configuration fixes; a rank owns a contiguous run of ranges and embeds the columns in them,
 * in candidate tiles that never cross a range. So tiles depend on the batch alone.
 */
#ifndef TD_TRAIN_BATCH_COLUMNS_H
#define TD_TRAIN_BATCH_COLUMNS_H

#include "comm/comm.h"
#include "data/batches.h"

#include <stddef.h>
#include <stdint.h>

enum { TD_CANDIDATE_TILE_ROWS = 128 };

typedef struct {
    int64_t table_rows; /* of the item table */
    int64_t ranges;
    size_t count;            /* columns, over all ranks */
    size_t rows;             /* interactions, over all ranks */
    int32_t *items;          /* (count), ascending */
    int32_t *multiplicities; /* (count) */
    size_t *offsets;         /* (size + 1): rank r embeds columns [offsets[r], offsets[r + 1]) */
    size_t tiles;            /* of this rank's columns */
    size_t *tile_offsets;    /* (tiles + 1), from offsets[rank] to offsets[rank + 1] */
    int32_t *column_of_item; /* (table_rows), -1 for an item that is not in the batch */
    int32_t *own;            /* (rows of this rank): each row's column */
    size_t capacity;         /* columns that there is room for */
} td_batch_columns;

/* Local. The rows of the item table that a rank's item ranges have: [*first, *end). */
void td_item_ranges_of_rank(int64_t table_rows, int64_t ranges, int rank, int size, int64_t *first,
                            int64_t *end);

/* Local. Makes room for batches of at most rows rows, my_rows of them on this rank. Free with
 * td_batch_columns_free. */
void td_batch_columns_create(td_batch_columns *columns, td_comm *comm, int64_t table_rows,
                             int64_t ranges, int64_t rows, int64_t my_rows);
void td_batch_columns_free(td_batch_columns *columns);

/* Collective. Finds the columns of a step from every rank's part of the batch. */
void td_batch_columns_gather(td_batch_columns *columns, td_comm *comm, const td_batch *batch);

#endif
