/* A run: a folder with the configuration, the log, the metrics and the checkpoints.
 *
 *     config.yaml        the whole configuration, defaults included
 *     run.json           the data file's path and checksum; where a warm start came from
 *     data.h5            that data file, where it was made for the run (train --keep-absent)
 *     owner.json         the job that trains it, while it does (run_owner.h)
 *     log.jsonl          one object per step, epoch and start (run_log.h)
 *     metrics.h5         losses and evaluations by step
 *     checkpoints/step-000000000030.h5
 *
 * Functions that touch files are Collective, done by rank 0, with the same status on every rank.
 */
#ifndef TD_RUN_RUN_FOLDER_H
#define TD_RUN_RUN_FOLDER_H

#include "comm/comm.h"
#include "tandem/config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char path[PATH_MAX];
} td_path;

/* The run that another one began with the parameters of, and the checkpoint's step. */
typedef struct {
    td_path run; /* "" for none */
    int64_t step;
    int64_t updates; /* of the optimizer, that the state which was taken over counts; 0: none was,
                        or it counts none */
} td_run_origin;

/* The data file that was made for a run, in its folder: run.json names it without one. */
#define TD_RUN_DATA "data.h5"

/* Local. The path of a file in a run folder; of the checkpoint at a step. */
td_path td_run_file(const char *run, const char *name);
td_path td_run_checkpoint(const char *run, int64_t step);

/* Makes the folder, its parents and that of checkpoints where missing; a run that has lost the last
 * is warned of. TD_ERR_FILE; TD_ERR_USAGE where a file of someone else's is in the way
 * (td_run_check_free). */
td_status td_run_make_folder(td_comm *comm, const char *run);

/* Tells whether files can be made in the folder. */
bool td_run_is_writable(td_comm *comm, const char *run);

/* Finds whether the folder holds a file of this name; TD_ERR_FILE where that cannot be told. */
td_status td_run_has(td_comm *comm, const char *run, const char *name, bool *has);

/* Finds whether the folder holds a run, that is, a run.json; likewise. */
td_status td_run_exists(td_comm *comm, const char *run, bool *exists);

/* Tells whether a folder without a run has no file of a name that a run's files have: TD_ERR_USAGE.
 */
td_status td_run_check_free(td_comm *comm, const char *run);

/* Removes the files that a run consists of, the checkpoints at these steps among them, and the data
 * file that run.json calls its own, unless that is kept; whatever else is in the folder stays. */
td_status td_run_remove(td_comm *comm, const char *run, bool keeps_data, size_t count,
                        const int64_t *steps);

/* Writes config.yaml and run.json; data is NULL for the run's own data file. */
td_status td_run_create(td_comm *comm, const char *run, const td_config *config, const char *data,
                        uint64_t data_checksum, const td_run_origin *origin);

/* Reads from run.json where the run came from; a folder without one came from nowhere. */
td_status td_run_read_origin(td_comm *comm, const char *run, td_run_origin *origin);

/* Finds whether two paths are of the same folder or file; what is not there is none. TD_ERR_FILE
 * where that cannot be told. */
td_status td_run_is_same(td_comm *comm, const char *run, const char *other, bool *same);

/* Reads config.yaml, and the path and checksum of the data file from run.json. */
td_status td_run_read(td_comm *comm, const char *run, td_config *config, td_path *data,
                      uint64_t *data_checksum);

#endif
