/* The owner of each user: the rank that gets all its rows, splits them and writes them.
 *
 * Users stand in the data file in the order of (has no id, key of its number, number), see
 * docs/formats.md, and a rank owns users whose keys stand together, in the order of the ranks.
 */
#ifndef TD_PREPARE_USER_OWNERS_H
#define TD_PREPARE_USER_OWNERS_H

#include "base/str.h"
#include "comm/comm.h"
#include "prepare/shared_names.h"

#include <stdint.h>

typedef struct {
    int32_t rank;
    int32_t user; /* its number among those of that rank, from 1 */
} td_user_owner;

typedef struct {
    int64_t file_users; /* of all ranks */
    td_user_owner *of;  /* by the numbers of this rank's names (names + 1) */

    int64_t count;   /* users that this rank owns, by rising number among all */
    int32_t *number; /* (count) among all, from 1 */
    td_strings names;
} td_user_owners;

/* Collective. Finds the owners of users that have names together. The caller frees owners with
 * td_user_owners_free. */
td_user_owners td_user_owners_find(td_comm *comm, const td_shared_names *names, uint64_t seed);
void td_user_owners_free(td_user_owners *owners);

/* Local. The key that users are ordered by; number is from 1. */
uint64_t td_user_key(uint64_t seed, int64_t number);

#endif
