/* OpenMP locks, each on a cache line of its own. */
#include "base/locks.h"

#include "base/memory.h"

#include <omp.h>

enum { TD_LOCKS = 256 };

struct td_locks {
    struct {
        _Alignas(TD_CACHE_LINE) omp_lock_t lock;
    } at[TD_LOCKS];
};

td_locks *td_locks_create(void)
{
    td_locks *locks = TD_NEW(td_locks, 1);
    for (size_t i = 0; i < TD_LOCKS; i++)
        omp_init_lock(&locks->at[i].lock);
    return locks;
}

void td_locks_free(td_locks *locks)
{
    if (!locks)
        return;
    for (size_t i = 0; i < TD_LOCKS; i++)
        omp_destroy_lock(&locks->at[i].lock);
    td_free(locks);
}

void td_lock(td_locks *locks, size_t place)
{
    omp_set_lock(&locks->at[place % TD_LOCKS].lock);
}

void td_unlock(td_locks *locks, size_t place)
{
    omp_unset_lock(&locks->at[place % TD_LOCKS].lock);
}
