/* How popular items are: the training rows of each that train retrieval. Collective functions. */
#ifndef TD_EVAL_ITEM_COUNTS_H
#define TD_EVAL_ITEM_COUNTS_H

#include "data/dataset.h"
#include "tandem/config.h"

#include <stdint.h>

/* Sets *counts (items + 1, by id), the same on every rank, which the caller frees with td_free. */
td_status td_item_counts_read(td_dataset *data, const td_config *config, int64_t **counts);

/* Sets *bias (items + 1) to -log of an item's share of those rows, at least 1e-6, which
 * retrieval.log_q is by; the caller frees it with td_free. */
td_status td_item_bias_read(td_dataset *data, const td_config *config, float **bias);

#endif
