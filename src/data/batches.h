/* The training rows of this rank's shards, step by step.
 *
 * An epoch has T = ceil(n / B) steps; step t takes from a shard of m rows those from floor(m t/T)
 * to floor(m (t+1)/T), in the order of (philox(seed, epoch, row), row). What a step takes from a
 * shard is cut into row tiles of at most TD_TILE_ROWS rows. So a step's tiles are a function
 * of the data file, the configuration, the epoch and the step alone.
 */
#ifndef TD_DATA_BATCHES_H
#define TD_DATA_BATCHES_H

#include "base/tile.h"
#include "data/dataset.h"
#include "tandem/config.h"

#include <stddef.h>
#include <stdint.h>

/* One step's rows of this rank, tile after tile; plain data. */
typedef struct {
    td_rows rows;
    size_t tiles;
    int64_t *offsets; /* (tiles + 1): tile i is rows [offsets[i], offsets[i + 1]) */
} td_batch;

typedef struct td_batches td_batches;

/* Collective. Cuts the users into config->train_shards shards and reads those of this rank.
 * TD_ERR_LAYOUT if there are more ranks than shards, TD_ERR_INPUT if the file has no training
 * rows. Free with td_batches_free. */
td_status td_batches_create(td_comm *comm, td_dataset *data, const td_config *config,
                            td_batches **out);
void td_batches_free(td_batches *batches);

/* Local. The users of this rank's shards, by place in the file: the next rank's follow them. */
void td_batches_users(const td_batches *batches, int64_t *first, int64_t *count);

/* Local. All rows of this rank's shards, whose bucket and time a model sets before the first step;
 * batches own them, and nothing else of them may change. */
td_rows *td_batches_rows(td_batches *batches);

/* Local. Steps of an epoch, the same on every rank. */
int64_t td_batches_steps(const td_batches *batches);

/* Local. The most rows that one step takes from this rank's shards. */
int64_t td_batches_most_rows(const td_batches *batches);

/* Local. The most rows of one tile. */
int64_t td_batches_most_tile_rows(const td_batches *batches);

/* Local. Puts the rows in the order of an epoch (from 0); without reshuffling all are alike. */
void td_batches_start_epoch(td_batches *batches, int64_t epoch);

/* Local. Returns step (from 0) of the present epoch; valid until the next call. */
const td_batch *td_batches_get(td_batches *batches, int64_t step);

/* Local. Cuts [0, rows) into tiles of at most TD_TILE_ROWS rows after offsets[*tiles], which
 * are added to offsets and counted in *tiles. */
void td_batch_add_tiles(int64_t rows, int64_t *offsets, size_t *tiles);

#endif
