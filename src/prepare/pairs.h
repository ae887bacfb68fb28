/* The (user, item) pairs of grouped ratings, of one rank's users. All functions are Local. */
#ifndef TD_PREPARE_PAIRS_H
#define TD_PREPARE_PAIRS_H

#include "prepare/ratings.h"
#include "prepare/user_order.h"

#include <stdint.h>

/* Each user's sorted distinct training items, by place. */
typedef struct {
    int64_t *offsets; /* (users + 1) */
    int32_t *items;
} td_seen;

/* The caller frees seen with td_seen_free. */
td_seen td_seen_make(const td_ratings *ratings, const td_user_order *order);
void td_seen_free(td_seen *seen);

/* Returns how many rows, of either split, have the pair of an earlier row; items are
 * numbered up to items. */
int64_t td_pairs_count_duplicates(const td_ratings *ratings, const td_user_order *order,
                                  int64_t items);

/* Returns how many training rows each item number has (items + 1); the caller frees it. */
int64_t *td_pairs_count_items(const td_ratings *ratings, int64_t items);

#endif
