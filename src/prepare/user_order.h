/* The order of a data file on the users of one rank: users in a seeded random order, each user's
 * rows of a split together, by rising row number.
 *
 * Users without an id come last, after those of all ranks that have one. A user's place counts from
 * 0 in this order, here among the rank's users. Since a rank owns users whose keys stand together
 * (user_owners.h), the file has one rank's users with an id after the other's, and then one rank's
 * others after the other's.
 */
#ifndef TD_PREPARE_USER_ORDER_H
#define TD_PREPARE_USER_ORDER_H

#include "data/split.h"
#include "prepare/user_owners.h"
#include "tandem/prepare.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t users;
    int64_t with_id;             /* so many of them, the first */
    int64_t untrained;           /* have no training row */
    int64_t *user;               /* (users) which of the rank's users is at each place, from 0 */
    int64_t *offsets[TD_SPLITS]; /* (users + 1) where each user's rows start */
    int64_t *rows[TD_SPLITS];    /* the rows, grouped */
} td_user_order;

/* Local. Groups so many rows, whose users, from 1, and splits these are. Under statistics of the
 * training rows, users that have none have no id. The caller frees order with td_user_order_free.
 */
td_user_order td_user_order_make(const td_user_owners *owners, int64_t rows, const int32_t *user,
                                 const uint8_t *split, uint64_t seed, td_statistics statistics);
void td_user_order_free(td_user_order *order);

#endif
