/* The training rows of this rank's shards, step by step.
 *
 * An epoch has T = ceil(n / B) steps; step t takes from a shard of m rows those from floor(m t/T)
 * to floor(m (t+1)/T), in the order of (philox(seed, epoch, row), row). What a step takes from a
 * shard is cut into row tiles of at most TD_TILE_ROWS rows. So a step's tiles are a function
 * of the data file, the configuration, the epoch and the step alone. Shards are joined to groups,
 * whose rows are each other's negatives (retrieval.negatives): one, or about one for so many rows.
 */
#ifndef TD_DATA_BATCHES_H
#define TD_DATA_BATCHES_H

#include "base/range.h"
#include "data/dataset.h"
#include "data/history.h"
#include "tandem/config.h"

#include <stddef.h>
#include <stdint.h>

/* One step's rows of this rank, tile after tile; plain data. Its groups are those that this rank
 * has shards of, in order; a group may have shards on other ranks as well. */
typedef struct {
    int64_t all_rows; /* of the step, over all ranks */
    td_rows rows;     /* without what is derived from; ratings 0 where none are held, weights 1 */
    td_frame lists;   /* (rows): their histories, by td_batches_add_histories */
    size_t tiles;
    int64_t *offsets;             /* (tiles + 1): tile i is rows [offsets[i], offsets[i + 1]) */
    const uint8_t *const *trains; /* by task: (rows), not 0 for a row that trains it; NULL, or NULL
                                     for a task: all do */
    const int32_t *more_items; /* columns besides the items of rows, each once more: group g has */
    const int64_t *more_offsets; /* (groups + 1): those from more_offsets[g] to more_offsets[g + 1]
                                    of this rank's; NULL: none */
    size_t groups;
    size_t *group_tiles; /* (groups + 1): group g is tiles [group_tiles[g], group_tiles[g + 1]) */
} td_batch;

/* The largest steps that one must be ready for. */
typedef struct {
    int64_t rows;       /* over all ranks */
    int64_t my_rows;    /* on this rank */
    int64_t met_rows;   /* of the groups that this rank has shards of, over all ranks */
    int64_t group_rows; /* of one of them, over all ranks */
    int64_t tiles;      /* row tiles over all ranks: bounds the terms of a sum */
    int64_t tile_rows;  /* rows of one tile */
    bool selects;       /* a batch may say which rows train a task */
    int64_t more;       /* items that a batch has besides those of rows, over all ranks */
    int64_t shared;     /* items that each group has besides, the same in all */
    bool only_shared;   /* those of rows count for nothing */
} td_batch_limits;

typedef struct td_batches td_batches;

/* Collective. Cuts the users into config->train_shards shards and reads those of this rank, with
 * the fields that the configuration's tasks read and those of read, which end with NULL (NULL:
 * none), from which others are derived (NULL: none); neither is kept. Where there are more ranks
 * than shards, some have no rows, of which a line warns. TD_ERR_INPUT if the file has no training
 * rows. Free with td_batches_free. */
td_status td_batches_create(td_comm *comm, td_dataset *data, const td_config *config,
                            const char *const *read, const td_derivations *derivations,
                            td_batches **out);
void td_batches_free(td_batches *batches);

/* Collective. The same without rows, for who asks for limits, steps and users alone. */
td_status td_batches_outline(td_comm *comm, td_dataset *data, const td_config *config,
                             td_batches **out);

/* Local, for a plan of memory (base/memory_plan.h). Takes the room that td_batches_create takes for
 * fields without derivations, all but the values of lists, in batches that were outlined. */
void td_batches_plan(td_batches *batches, const td_dataset *data, const td_config *config,
                     const char *const *read);

/* Collective. Reads the histories of this rank's users, so that every batch has its rows' lists.
 * Keeps rules by reference. */
td_status td_batches_add_histories(td_batches *batches, td_dataset *data,
                                   const td_history_rules *rules);

/* Local. These histories. */
const td_histories *td_batches_histories(const td_batches *batches);

/* Local. The users of this rank's shards, by place in the file: the next rank's follow them. */
void td_batches_users(const td_batches *batches, int64_t *first, int64_t *count);

/* Local. How many rows this rank has, read or outlined. */
int64_t td_batches_row_count(const td_batches *batches);

/* Local. All rows of this rank, as a batch has them but where nothing is held. */
const td_rows *td_batches_rows(const td_batches *batches);

/* Local. Steps of an epoch, the same on every rank. */
int64_t td_batches_steps(const td_batches *batches);

/* Local. The limits of all steps on this rank. */
const td_batch_limits *td_batches_limits(const td_batches *batches);

/* Local. Puts the rows in the order of an epoch (from 0); without reshuffling all are alike. */
void td_batches_start_epoch(td_batches *batches, int64_t epoch);

/* Local. Returns step (from 0) of the present epoch; it stays valid while only its
 * neighbor is asked for. */
const td_batch *td_batches_get(td_batches *batches, int64_t step);

/* Local. The number of groups that retrieval.negatives cuts a checked configuration's shards into:
 * group g of groups is shards [td_share(shards, g, groups), td_share(shards, g + 1, groups)). */
int64_t td_batch_groups(const td_config *config);

/* Local. Sets the groups, [*first, *end) of all, that the shards [shard, end_shard) meet: none
 * where there are none of these; but a single group is everybody's, since its negatives are. */
void td_batch_groups_of(int64_t shards, int64_t groups, int64_t shard, int64_t end_shard,
                        int64_t *first, int64_t *end);

/* Local. Cuts [0, rows) into tiles of at most TD_TILE_ROWS rows after offsets[*tiles], which
 * are added to offsets and counted in *tiles. */
void td_batch_add_tiles(int64_t rows, int64_t *offsets, size_t *tiles);

#endif
