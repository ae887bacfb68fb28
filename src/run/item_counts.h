/* How popular items are: the training rows of each that train retrieval. */
#ifndef TD_RUN_ITEM_COUNTS_H
#define TD_RUN_ITEM_COUNTS_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "tandem/config.h"

#include <stdint.h>

/* Collective. Sets *counts (items + 1, by id), the same on every rank, which the caller frees with
 * td_free. */
td_status td_item_counts_read(td_comm *comm, td_dataset *data, const td_config *config,
                              int64_t **counts);

#endif
