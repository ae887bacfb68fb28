/* The order of a data file on the users of one rank: users in a seeded random order, each user's
 * training and test rows together, by rising row number.
 *
 * A user's place counts from 0 in the file's order, here among the rank's users. Since a rank is
 * the home of users that stand together (user_homes.h), the file has one rank's after the other's.
 * The split of the rows is split.h's.
 */
#ifndef TD_PREPARE_USER_ORDER_H
#define TD_PREPARE_USER_ORDER_H

#include "data/split.h"
#include "prepare/ratings.h"
#include "tandem/prepare.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t users;
    int32_t *user;               /* (users) the number at home of the user at each place, from 1 */
    int64_t *offsets[TD_SPLITS]; /* (users + 1) by td_split: where each user's rows start */
    int64_t *rows[TD_SPLITS];    /* places in the ratings' columns, grouped */
} td_user_order;

/* Local. Groups the rows that came home. Under statistics of the training rows, users that have
 * none have no id and come last. The caller frees order with td_user_order_free. */
td_user_order td_user_order_make(const td_ratings *ratings, const td_user_owners *owners,
                                 uint64_t seed, td_statistics statistics);
void td_user_order_free(td_user_order *order);

#endif
