/* How popular items are: the training rows of each that train retrieval. Collective functions. */
#ifndef TD_EVAL_ITEM_COUNTS_H
#define TD_EVAL_ITEM_COUNTS_H

#include "data/dataset.h"
#include "eval/item_fields.h"
#include "tandem/config.h"

#include <stdint.h>

/* Sets *counts (items + 1, by id), the same on every rank, which the caller frees with td_free. */
td_status td_item_counts_read(td_dataset *data, const td_config *config, int64_t **counts);

/* Sets *bias (items + 1) to -log of an item's share of those rows, at least 1e-6, which
 * retrieval.log_q is by; the caller frees it with td_free. */
td_status td_item_bias_read(td_dataset *data, const td_config *config, float **bias);

/* Sets *score (items + 1) to the mean, over an item's categories by some fields, of the mean number
 * of those rows of the items that have the category and any such row: what the system
 * category_popularity scores by, itself a guess at the rows of an item that has none. 0 without
 * categories. The caller frees it with td_free. */
td_status td_category_counts_read(td_dataset *data, const td_config *config,
                                  const td_item_fields *fields, float **score);

/* Local. Adds to score (items + 1) the means of the categories of each item by a field, and to
 * categories (items + 1) how many these are. */
void td_category_counts_add(const td_item_ids *of, int64_t items, const int64_t *counts,
                            double *score, int64_t *categories);

#endif
