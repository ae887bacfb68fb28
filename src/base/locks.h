/* A fixed number of locks for many places: place i is guarded by lock i mod TD_LOCKS. Short
 * additions to shared exact sums take one; no thread holds two. All functions are Local. */
#ifndef TD_BASE_LOCKS_H
#define TD_BASE_LOCKS_H

#include <stddef.h>

typedef struct td_locks td_locks;

/* Locks for the threads of this process. Free with td_locks_free; NULL may be freed. */
td_locks *td_locks_create(void);
void td_locks_free(td_locks *locks);

/* Makes locks for the threads of all processes that share the memory at locks, td_locks_bytes of
 * it, on a cache line: one of them calls it, before any locks. They end with the memory. */
size_t td_locks_bytes(void);
void td_locks_share(td_locks *locks);

void td_lock(td_locks *locks, size_t place);
void td_unlock(td_locks *locks, size_t place);

#endif
