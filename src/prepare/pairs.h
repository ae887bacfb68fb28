/* The (user, item) pairs of rows in their order, of one rank's users. All functions are Local. */
#ifndef TD_PREPARE_PAIRS_H
#define TD_PREPARE_PAIRS_H

#include "data/frame.h"
#include "prepare/user_order.h"

#include <stdint.h>

/* Returns each user's sorted distinct training items, by place, as lists; item (rows) is each
 * row's. The caller frees the field. */
td_field td_pairs_seen(const td_user_order *order, const int32_t *item);

/* Returns how many rows, of any split, have the pair of an earlier row; items are numbered up to
 * items. */
int64_t td_pairs_count_duplicates(const td_user_order *order, const int32_t *item, int64_t items);

/* Returns how many training rows each item number has (items + 1); the caller frees it. */
int64_t *td_pairs_count_items(const td_user_order *order, const int32_t *item, int64_t items);

#endif
