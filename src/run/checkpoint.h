/* Checkpoints: all that training needs to go on, and nothing that depends on time, path, threads
 * or ranks. Equal states give equal bytes. The layout is in docs/formats.md.
 */
#ifndef TD_RUN_CHECKPOINT_H
#define TD_RUN_CHECKPOINT_H

#include "comm/comm.h"
#include "eval/metrics.h"
#include "model/model.h"

#include <stdint.h>

#define TD_CHECKPOINT_FORMAT  "tandem-checkpoint"
#define TD_CHECKPOINT_VERSION 4

/* Where training stands: step_in_epoch steps of epoch are done, step in all. */
typedef struct {
    int64_t epoch;
    int64_t step_in_epoch;
    int64_t step;
    int64_t rows; /* of this epoch so far */
} td_position;

/* The epochs that a run has begun. */
static inline int64_t td_position_epochs(const td_position *position)
{
    return position->epoch + (position->step_in_epoch > 0);
}

/* Collective. Writes a checkpoint to path, atomically: each rank the rows that it owns, and its
 * share of those of other tensors. losses (tasks of the model) are those of the epoch's rows so
 * far. data_checksum is that of the data file. guard (NULL: none) is asked before it appears. */
td_status td_checkpoint_save(td_comm *comm, const char *path, const td_model *model,
                             const td_position *position, const td_task_loss *losses,
                             const td_metrics *metrics, uint64_t data_checksum,
                             const td_file_guard *guard);

/* What a checkpoint says before its tensors are read. */
typedef struct {
    td_config config; /* the keys that shape the answer; the others have their defaults */
    int64_t users;    /* rows of what is by user, as in td_spec */
    int64_t items;
    uint64_t data_checksum;
    td_position position;
} td_checkpoint_info;

/* Collective. Reads what the checkpoint at path says of itself. */
td_status td_checkpoint_read_info(td_comm *comm, const char *path, td_checkpoint_info *info);

/* Collective. Reads the whole checkpoint at path, each rank a share: TD_ERR_FORMAT, or TD_ERR_FILE,
 * if it is not a whole one of this step. */
td_status td_checkpoint_check(td_comm *comm, const char *path, int64_t step);

/* Collective. Reads parameters, optimizer state and units of sums of the checkpoint of which info
 * was read into a model of its configuration and sizes, the rows that are held here (no state into
 * a model that is only read), the losses (tasks of the model; NULL: nowhere), and the metrics (free
 * them with td_metrics_free). TD_ERR_FILE if another one is at path by now; TD_ERR_FORMAT if a
 * tensor is missing or of another shape. */
td_status td_checkpoint_load(td_comm *comm, const char *path, const td_checkpoint_info *info,
                             td_model *model, td_task_loss *losses, td_metrics *metrics);

#endif
