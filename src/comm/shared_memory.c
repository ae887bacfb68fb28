/* In a plan of memory the block counts once, as rank 0's, and is no memory. */
#include "comm/shared_memory.h"

#include "base/log.h"
#include "base/memory_plan.h"
#include "comm/comm_parts.h"
#include "comm/shared_block.h"

struct td_shared_memory {
    td_shared_block block;
    bool is_planned; /* the block is a plan's */
    size_t taken;
};

/* Even a small block, which a plan takes, is whole on every rank. */
static void *plan_block(int rank, size_t bytes)
{
    const size_t least = bytes < TD_PLANNED_BLOCK ? bytes : TD_PLANNED_BLOCK;
    return td_allocate(rank == 0 ? bytes : least, 1);
}

td_shared_memory *td_shared_memory_create(td_comm *comm, size_t bytes)
{
    if (!comm->memory)
        return NULL;
    td_shared_memory *m = TD_NEW(td_shared_memory, 1);
    m->is_planned = td_memory_is_planned();
    if (m->is_planned)
        m->block = (td_shared_block){plan_block(comm->rank, bytes), bytes};
    else if (!td_shared_block_create(comm->mpi, bytes, &m->block)) {
        td_free(m);
        return NULL;
    }
    return m;
}

void td_shared_memory_free(td_shared_memory *m)
{
    if (!m)
        return;
    if (m->is_planned)
        td_free(m->block.at);
    else
        td_shared_block_free(&m->block);
    td_free(m);
}

void *td_shared_memory_take(td_shared_memory *m, size_t count, size_t size)
{
    char *piece = (char *)m->block.at + m->taken;
    m->taken += td_cache_lines(count, size);
    TD_ASSERT(m->taken <= m->block.bytes);
    return piece;
}
