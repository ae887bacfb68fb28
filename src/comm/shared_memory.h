/* Memory that all ranks of a job see at once, where they are on one node: what one writes, others
 * read after a collective that both took part in. */
#ifndef TD_COMM_SHARED_MEMORY_H
#define TD_COMM_SHARED_MEMORY_H

#include "comm/comm.h"

#include <stddef.h>

typedef struct td_shared_memory td_shared_memory;

/* Collective. Makes such memory, which holds anything at all; NULL, on every rank, where a rank is
 * alone, where the ranks are on several nodes, or where these have none (comm/shared_block.h). Free
 * it on every rank; NULL may be freed. */
td_shared_memory *td_shared_memory_create(td_comm *comm, size_t bytes);
void td_shared_memory_free(td_shared_memory *memory);

/* Local. The next piece of the memory, td_cache_lines of it, on a cache line: the same on all
 * ranks, which take the same pieces in the same order. */
void *td_shared_memory_take(td_shared_memory *memory, size_t count, size_t size);

#endif
