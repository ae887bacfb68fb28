/* Mutexes, each on a cache line of its own. */
#include "base/locks.h"

#include "base/memory.h"

#include <pthread.h>

enum { TD_LOCKS = 256 };

struct td_locks {
    struct {
        _Alignas(TD_CACHE_LINE) pthread_mutex_t mutex;
    } at[TD_LOCKS];
};

/* Who finds a lock taken tries for a moment before it sleeps: what locks guard is short. */
static void make(td_locks *locks, int sharing)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutexattr_setpshared(&attributes, sharing);
    for (size_t i = 0; i < TD_LOCKS; i++)
        pthread_mutex_init(&locks->at[i].mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

td_locks *td_locks_create(void)
{
    td_locks *locks = TD_NEW(td_locks, 1);
    make(locks, PTHREAD_PROCESS_PRIVATE);
    return locks;
}

void td_locks_free(td_locks *locks)
{
    if (!locks)
        return;
    for (size_t i = 0; i < TD_LOCKS; i++)
        pthread_mutex_destroy(&locks->at[i].mutex);
    td_free(locks);
}

size_t td_locks_bytes(void)
{
    return sizeof(td_locks);
}

void td_locks_share(td_locks *locks)
{
    make(locks, PTHREAD_PROCESS_SHARED);
}

void td_lock(td_locks *locks, size_t place)
{
    pthread_mutex_lock(&locks->at[place % TD_LOCKS].mutex);
}

void td_unlock(td_locks *locks, size_t place)
{
    pthread_mutex_unlock(&locks->at[place % TD_LOCKS].mutex);
}
