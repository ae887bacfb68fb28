/* The home of each user: the rank that gets all its rows and writes them.
 *
 * Users stand in the data file in the order of (has no id, key of its number, number), see
 * docs/formats.md, and a rank is the home of users that stand together, in the order of the ranks.
 */
#ifndef TD_PREPARE_USER_OWNERS_H
#define TD_PREPARE_USER_OWNERS_H

#include "base/str.h"
#include "comm/comm.h"
#include "prepare/shared_names.h"
#include "store/file.h"
#include "tandem/prepare.h"

#include <stdint.h>

typedef struct {
    int32_t rank;
    int32_t user; /* its number among those at home there, from 1 */
} td_user_owner;

typedef struct {
    int64_t file_users;      /* of all ranks */
    int64_t users;           /* those of them with an id */
    int64_t test_only_users; /* and those without a training row */
    td_user_owner *of;       /* by the numbers of this rank's names (count + 1) */

    int64_t count;   /* users at home on this rank, by rising number among all */
    int32_t *number; /* (count) among all, from 1 */
    td_strings names;
} td_user_owners;

/* Collective. Finds the owners of users that have names together; trained says for each of a rank's
 * own (count + 1) whether it has a training row there. The caller frees owners with
 * td_user_owners_free. */
td_user_owners td_user_owners_find(td_comm *comm, const td_shared_names *names, const bool *trained,
                                   uint64_t seed, td_statistics statistics);
void td_user_owners_free(td_user_owners *owners);

/* Local. The key that users with an id, and those without, are ordered by; number is from 1. */
uint64_t td_user_key(uint64_t seed, int64_t number);

#endif
