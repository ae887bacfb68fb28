/* Inside of batches: the shards of a rank, which batches_read.c reads and batches.c takes steps
 * from. */
#ifndef TD_DATA_BATCHES_PARTS_H
#define TD_DATA_BATCHES_PARTS_H

#include "data/batches.h"

#include <stdbool.h>
#include <stdint.h>

struct td_batches {
    int64_t steps;
    uint64_t seed;
    bool reshuffle;
    int64_t first_user; /* of this rank, by place in the file */
    int64_t users;
    int64_t epoch; /* whose order holds; -1 before the first */
    int64_t all_shards;
    int64_t *sizes; /* (all_shards): the rows of each, on whatever rank */
    int64_t groups; /* over all ranks */
    td_batch_limits limits;
    int64_t first_shard;
    int64_t shards;   /* of this rank */
    int64_t *offsets; /* (shards + 1): rows of each of this rank's shards */
    td_rows rows;     /* shard by shard, each in the epoch's order */
    td_histories histories;
    float *zeros;      /* (limits.my_rows) what a batch has for a field that is not held */
    float *ones;       /* likewise for the weights */
    td_batch batch[2]; /* of an even step, and of an odd one */
    int64_t step[2];   /* which; -1: none of this epoch */
};

/* Local. The rows of one of this rank's shards. */
static inline int64_t td_batches_shard_rows(const td_batches *batches, int64_t shard)
{
    return batches->sizes[batches->first_shard + shard];
}

#endif
