/* Items that every row of a step has as negatives, besides its batch's or in place of them
 * (retrieval.uniform_negatives): drawn uniformly, with repetition, from all but row 0 of the item
 * table, anew in every step. Draw i of a step is philox(seed, TD_STREAM_NEGATIVES, step, i), so a
 * function of these alone. Every group of the step has the same ones; the rank of its first shard
 * brings them, once over all ranks. All functions are Local.
 */
#ifndef TD_TRAIN_UNIFORM_NEGATIVES_H
#define TD_TRAIN_UNIFORM_NEGATIVES_H

#include "train/batch_columns.h"

typedef struct {
    uint64_t seed;
    int64_t items;    /* of the table */
    int64_t count;    /* of a step; 0: none */
    size_t groups;    /* of this rank */
    size_t first;     /* the first of them that this rank brings negatives of: all from there on */
    int32_t *drawn;   /* (groups, count) */
    int64_t *offsets; /* (groups + 1): a td_batch's more_offsets */
} td_uniform_negatives;

/* Makes room for count draws of a step for the groups that columns has here; free with
 * td_uniform_negatives_free. */
td_uniform_negatives td_uniform_negatives_create(uint64_t seed, int64_t count,
                                                 const td_batch_columns *columns);
void td_uniform_negatives_free(td_uniform_negatives *negatives);

/* Returns batch with the negatives of a step besides what it has; valid until the next call. */
td_batch td_uniform_negatives_add(td_uniform_negatives *negatives, int64_t step,
                                  const td_batch *batch);

#endif
