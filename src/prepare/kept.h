/* A data file with the users and items of an older one that it lacks: they have their names and
 * fields there, but no rows. So a model of the new data knows them.
 *
 * The new data's ids stay. Its users without an id, whom the older file may know, get the next
 * ones; those that are absent follow, users and items in the order of the older file, and so do
 * names of categories and tokens that only they have. Values of fields
 * that the new data have of another kind are missing.
 */
#ifndef TD_PREPARE_KEPT_H
#define TD_PREPARE_KEPT_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "tandem/status.h"

#include <stdint.h>

/* Collective. Writes the file to path, whole or not at all; where nothing is kept, none. Sets
 * *users and *items to how many are: those with an id in the older file that have none in data.
 * TD_ERR_MISMATCH if one of the files names items by titles and the other by ids; TD_ERR_INPUT for
 * more names than ids can tell apart; TD_ERR_FILE. */
td_status td_kept_write(td_comm *comm, td_dataset *data, td_dataset *older, const char *path,
                        int64_t *users, int64_t *items);

#endif
