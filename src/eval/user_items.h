/* Which items users have in training rows, and which users items have: what the systems that score
 * by a user's items learn from.
 */
#ifndef TD_EVAL_USER_ITEMS_H
#define TD_EVAL_USER_ITEMS_H

#include "data/dataset.h"
#include "eval/seen_items.h"

#include <stddef.h>
#include <stdint.h>

/* Begins as {0}; td_user_items_free frees it. */
typedef struct {
    int64_t users, items;
    td_seen had;           /* items by user, distinct and ascending */
    int64_t *user_offsets; /* (items + 2): users by item, ascending */
    int32_t *user;         /* their places, from 0 */
} td_user_items;

/* Collective; all of them are then on every rank. */
td_status td_user_items_read(td_dataset *data, td_user_items *pairs);
void td_user_items_free(td_user_items *pairs);

/* Local. Returns the items of queries by users (queries), ids: those that are told (NULL: none), by
 * query, distinct and ascending, else the user's; of id 0 there are none. Free them with
 * td_seen_free. */
td_seen td_user_items_of(const td_user_items *pairs, size_t queries, const int32_t *users,
                         const td_seen *told);

#endif
