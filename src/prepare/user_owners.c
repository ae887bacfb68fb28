/* A user's place is guessed from its key, since keys are evenly spread. The guess rises with the
 * place, so that users of one home stand together, and owners have about as many users each. */
#include "prepare/user_owners.h"

#include "base/memory.h"
#include "base/random.h"
#include "comm/partition.h"
#include "comm/strings.h"

__extension__ typedef unsigned __int128 wide;

/* The users whose names this rank owns, by rising number. */
typedef struct {
    int64_t first; /* the number of owned user i is first + i + 1 */
    int64_t count;
    bool *trained;
    int64_t users, others; /* of all ranks: with an id; without */
    int32_t *home;
} owned_users;

uint64_t td_user_key(uint64_t seed, int64_t number)
{
    return td_philox_key(seed, TD_STREAM_USER_ORDER, (uint64_t)(number - 1), 0);
}

/* Returns key / 2^64 of n, rounded down. */
static int64_t part_of(uint64_t key, int64_t n)
{
    return (int64_t)((wide)key * (uint64_t)n >> 64);
}

static int64_t guess_place(const owned_users *o, int64_t i, uint64_t seed, td_statistics statistics)
{
    uint64_t key = td_user_key(seed, o->first + i + 1);
    bool has_id = o->trained[i] || statistics == TD_STATISTICS_ALL;
    return has_id ? part_of(key, o->users) : o->users + part_of(key, o->others);
}

static owned_users own_users(td_comm *comm, const td_shared_names *names, const bool *trained,
                             td_user_owners *owners, td_statistics statistics)
{
    owned_users o = {.first = names->first, .count = td_vocabulary_count(names->owned)};
    o.trained = td_shared_names_collect(comm, names, trained);
    o.home = TD_NEW(int32_t, (size_t)o.count);
    for (int64_t i = 0; i < o.count; i++)
        owners->test_only_users += !o.trained[i];
    td_comm_sum(comm, 1, &owners->test_only_users);
    o.others = statistics == TD_STATISTICS_ALL ? 0 : owners->test_only_users;
    o.users = names->total - o.others;
    owners->file_users = names->total;
    owners->users = o.users;
    return o;
}

/* Collective. Tells those who have a user's rows its home, and its number there. */
static td_user_owner *tell_homes(td_comm *comm, const td_shared_names *names, const owned_users *o,
                                 const int64_t *starts)
{
    int size = td_comm_size(comm);
    int64_t *counts = TD_NEW(int64_t, 2 * (size_t)size), *before = counts + size;
    td_user_owner *answers = TD_NEW(td_user_owner, (size_t)o->count);
    for (int r = 0; r < size; r++)
        counts[r] = starts[r + 1] - starts[r];
    td_comm_exscan(comm, (size_t)size, counts, before);
    for (int64_t i = 0; i < o->count; i++)
        answers[i] = (td_user_owner){o->home[i], (int32_t)++before[o->home[i]]};
    td_user_owner *of = td_shared_names_answer(comm, names, sizeof *answers, answers);
    td_free(counts);
    td_free(answers);
    return of;
}

/* Collective. Sends numbers and names to the owners. */
static void send_users(td_comm *comm, const td_vocabulary *owned, const owned_users *o,
                       const int64_t *starts, td_user_owners *owners)
{
    int size = td_comm_size(comm);
    int32_t *here = TD_NEW(int32_t, (size_t)o->count);
    int64_t *came = TD_NEW(int64_t, (size_t)size + 1);
    for (int64_t i = 0; i < o->count; i++)
        here[i] = (int32_t)i + 1;
    int32_t *dealt = td_partition(size, starts, o->home, sizeof *here, here);
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

td_user_owners td_user_owners_find(td_comm *comm, const td_shared_names *names, const bool *trained,
                                   uint64_t seed, td_statistics statistics)
{
    td_user_owners owners = {.users = 0};
    int size = td_comm_size(comm);
    owned_users o = own_users(comm, names, trained, &owners, statistics);
    for (int64_t i = 0; i < o.count; i++)
        o.home[i] = (int32_t)(guess_place(&o, i, seed, statistics) * size / names->total);
    int64_t *starts = td_partition_offsets(size, o.count, o.home);
    owners.of = tell_homes(comm, names, &o, starts);
    send_users(comm, names->owned, &o, starts, &owners);
    td_free(starts);
    td_free(o.home);
    td_free(o.trained);
    return owners;
}

void td_user_owners_free(td_user_owners *owners)
{
    td_free(owners->of);
    td_free(owners->number);
    td_strings_free(&owners->names);
    *owners = (td_user_owners){.users = 0};
}
