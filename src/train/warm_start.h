/* A new run that begins from what another one has learned.
 *
 * Tables are taken row by row: users, items and title tokens by their names in the two data files,
 * buckets of times if all edges agree, row 0 (what the vocabulary lacks) as row 0. Dense tensors
 * are taken whole where name and shape agree. The rest keeps the start that the seed gives.
 * Adagrad's accumulators follow their rows; other optimizers' state does where that is asked for,
 * with the number of steps that it counts, and else begins anew.
 */
#ifndef TD_TRAIN_WARM_START_H
#define TD_TRAIN_WARM_START_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "model/model.h"
#include "run/run_folder.h"

/* What begins. */
typedef struct {
    td_dataset *data;
    td_model *model; /* initialized */
    bool keeps_optimizer;
} td_warm_target;

/* Collective. Takes parameters from the newest whole checkpoint of run, and says what it took. data
 * names the file that run was trained on; NULL: the one that run names. Sets *origin. The result is
 * the same on any layout. TD_ERR_FILE, TD_ERR_FORMAT: no run, no checkpoint, no data file;
 * TD_ERR_MISMATCH: another data file than the run's, or the state of another kind of optimizer is
 * asked for. */
td_status td_warm_start(td_comm *comm, const char *run, const char *data,
                        const td_warm_target *target, td_run_origin *origin);

#endif
