/* The metrics.h5 of a run, which training and any number of `tandem evaluate` change at the same
 * time: every change is made to what all others have left, and nobody's is lost. */
#ifndef TD_RUN_RUN_METRICS_H
#define TD_RUN_RUN_METRICS_H

#include "eval/metrics.h"
#include "run/run_folder.h"

/* What is done to the metrics, in the job's turn; perhaps more than once, each time to what the
 * file holds then. Collective. Anything but TD_OK, the same on every rank, leaves the file as it
 * is. */
typedef td_status td_metrics_change(void *context, td_metrics *metrics);

/* How the metrics are read: td_metrics_load or td_metrics_restore. */
typedef td_status td_metrics_reader(td_comm *comm, const char *path, td_metrics *metrics);

/* Collective. Reads the metrics of a run, changes them and replaces the file, if guard (NULL: none)
 * allows it; waits for other jobs that are about it, and says whom it waits for. TD_ERR_FILE,
 * TD_ERR_FORMAT, TD_ERR_MISMATCH, and what change and guard answer. */
td_status td_run_metrics_change(td_comm *comm, const char *run, td_metrics_reader *read,
                                td_metrics_change *change, void *context,
                                const td_file_guard *guard);

#endif
