/* Inside of batches: the shards of a rank, which batches_outline.c counts, batches_read.c reads and
 * batches.c takes steps from. */
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

/* Local. Batches of which nothing is read yet. */
td_batches *td_batches_start(td_dataset *data, const td_config *config);

/* Local. TD_ERR_INPUT if the file has no training rows. */
td_status td_batches_check_rows(const td_dataset *data);

/* Local. Lists the fields that a step reads of a row, as far as the file has them: those of its
 * roles, and those that the model reads. They end with NULL; the caller frees the list. */
const char **td_batches_list_fields(const td_schema *schema, const td_config *config,
                                    const char *const *read);

/* Local. Finds the users of this rank's shards, from the first user of each. */
void td_batches_find_my_users(const td_comm *comm, const int64_t *first_user, int64_t shards,
                              td_batches *batches);

/* Local. Finds which rows are of which shard, from which are of which user (users + 1). */
void td_batches_set_offsets(const int64_t *first_user, const int64_t *user_offsets,
                            td_batches *batches);

/* Collective. Every rank learns the rows of every shard. */
void td_batches_gather_sizes(td_comm *comm, td_batches *batches);

/* Local. Adds up what a step takes from each group at most. */
void td_batches_find_limits(int64_t batch_size, td_batches *batches);

/* Local. Makes room for two steps' rows: a batch has the fields of the rows that are held, and
 * neutral values for those that are not. */
void td_batches_make_room(const td_schema *schema, td_batches *batches);

#endif
