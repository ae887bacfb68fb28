/* The checkpoints of a run folder: which there are, which is the newest whole one, which may go.
 *
 * Functions are Collective; rank 0 looks at the folder, and all ranks get the same answer.
 */
#ifndef TD_TRAIN_CHECKPOINTS_H
#define TD_TRAIN_CHECKPOINTS_H

#include "comm/comm.h"
#include "eval/metrics.h"
#include "tandem/config.h"

#include <stddef.h>
#include <stdint.h>

/* Lists the steps of the files that have a checkpoint's name, ascending, in a block that the caller
 * frees with td_free. A folder that is not there has none. */
td_status td_checkpoints_list(td_comm *comm, const char *run, size_t *count, int64_t **steps);

/* Finds the newest checkpoint that is whole: it is read, and its checksums agree. One that is not
 * is named in a warning, with the reason, and skipped. *step is -1 if there is none at all;
 * TD_ERR_FORMAT if there are some, but no whole one. */
td_status td_checkpoints_find_newest(td_comm *comm, const char *run, int64_t *step);

/* Removes all but the newest checkpoint.keep ones and the best by checkpoint.keep_best of those
 * that metrics know; never the one at newest. What cannot be removed is a warning. */
td_status td_checkpoints_remove_old(td_comm *comm, const char *run, const td_config *config,
                                    const td_metrics *metrics, int64_t newest);

/* Removes what killed jobs left half-written. For the one job that trains in the folder; one
 * that a process of this machine has open, such as an evaluation's, stays. */
td_status td_checkpoints_remove_leftovers(td_comm *comm, const char *run);

#endif
