/* Keys are evenly spread, so a rank that owns a range of them owns about as many users as the
 * others. */
#include "prepare/user_owners.h"

#include "base/memory.h"
#include "base/random.h"
#include "comm/partition.h"
#include "comm/strings.h"

__extension__ typedef unsigned __int128 wide;

/* The users whose names this rank numbers, by rising number. */
typedef struct {
    int64_t first; /* the number of user i is first + i + 1 */
    int64_t count;
    int32_t *rank; /* the owner of each */
} numbered_users;

uint64_t td_user_key(uint64_t seed, int64_t number)
{
    return td_philox_key(seed, TD_STREAM_USER_ORDER, (uint64_t)(number - 1), 0);
}

static numbered_users find_owners(td_comm *comm, const td_shared_names *names, uint64_t seed)
{
    numbered_users o = {.first = names->first, .count = td_vocabulary_count(names->owned)};
    const wide ranks = (wide)(unsigned)td_comm_size(comm);
    o.rank = TD_NEW(int32_t, (size_t)o.count);
    for (int64_t i = 0; i < o.count; i++) {
        const wide key = td_user_key(seed, o.first + i + 1);
        o.rank[i] = (int32_t)(key * ranks >> 64);
    }
    return o;
}

/* Collective. Tells those who have a user's rows its owner, and its number there. */
static td_user_owner *tell_owners(td_comm *comm, const td_shared_names *names,
                                  const numbered_users *o, const int64_t *starts)
{
    int size = td_comm_size(comm);
    int64_t *counts = TD_NEW(int64_t, 2 * (size_t)size), *before = counts + size;
    td_user_owner *answers = TD_NEW(td_user_owner, (size_t)o->count);
    for (int r = 0; r < size; r++)
        counts[r] = starts[r + 1] - starts[r];
    td_comm_exscan(comm, (size_t)size, counts, before);
    for (int64_t i = 0; i < o->count; i++)
        answers[i] = (td_user_owner){o->rank[i], (int32_t)++before[o->rank[i]]};
    td_user_owner *of = td_shared_names_answer(comm, names, sizeof *answers, answers);
    td_free(counts);
    td_free(answers);
    return of;
}

/* Collective. Sends numbers and names to the owners. */
static void send_users(td_comm *comm, const td_vocabulary *owned, const numbered_users *o,
                       const int64_t *starts, td_user_owners *owners)
{
    int size = td_comm_size(comm);
    int32_t *here = TD_NEW(int32_t, (size_t)o->count);
    int64_t *came = TD_NEW(int64_t, (size_t)size + 1);
    for (int64_t i = 0; i < o->count; i++)
        here[i] = (int32_t)i + 1;
    int32_t *dealt = td_partition(size, starts, o->rank, sizeof *here, here);
    td_strings names = td_vocabulary_strings(owned, o->count, dealt);
    owners->names = td_strings_alltoallv(comm, &names, starts, came);
    for (int64_t i = 0; i < o->count; i++)
        dealt[i] += (int32_t)o->first;
    owners->number = td_comm_alltoallv(comm, sizeof *dealt, dealt, starts, came);
    owners->count = came[size];
    td_strings_free(&names);
    td_free(here);
    td_free(came);
    td_free(dealt);
}

td_user_owners td_user_owners_find(td_comm *comm, const td_shared_names *names, uint64_t seed)
{
    td_user_owners owners = {.file_users = names->total};
    numbered_users o = find_owners(comm, names, seed);
    int64_t *starts = td_partition_offsets(td_comm_size(comm), o.count, o.rank);
    owners.of = tell_owners(comm, names, &o, starts);
    send_users(comm, names->owned, &o, starts, &owners);
    td_free(starts);
    td_free(o.rank);
    return owners;
}

void td_user_owners_free(td_user_owners *owners)
{
    td_free(owners->of);
    td_free(owners->number);
    td_strings_free(&owners->names);
    *owners = (td_user_owners){.count = 0};
}
