/* Gathers: what every rank has, to every rank. */
#include "comm/comm_parts.h"

#include "base/memory.h"

#include <string.h>

static void gather_parts(td_comm *comm, const size_t *offsets, size_t size, const void *mine,
                         char *all)
{
    const size_t n = offsets[comm->rank + 1] - offsets[comm->rank];
    for (int r = 0; r < comm->size; r++) {
        comm->counts[r] = (int)((offsets[r + 1] - offsets[r]) * size);
        comm->places[r] = (int)(offsets[r] * size);
    }
    const bool in_place = mine == all + offsets[comm->rank] * size;
    COLLECTIVE(comm, MPI_Allgatherv(in_place ? MPI_IN_PLACE : mine, (int)(n * size), MPI_BYTE, all,
                                    comm->counts, comm->places, MPI_BYTE, comm->mpi));
    count(comm, (offsets[comm->size] - n) * size);
}

void td_comm_offsets(td_comm *comm, size_t n, size_t *offsets)
{
    const int64_t own = (int64_t)n;
    if (comm->memory)
        AS_ONE(comm, td_rounds_allgather(comm->memory, sizeof own, &own, comm->each));
    else
        COLLECTIVE(comm,
                   MPI_Allgather(&own, 1, MPI_INT64_T, comm->each, 1, MPI_INT64_T, comm->mpi));
    count(comm, (size_t)(comm->size - 1) * sizeof own);
    offsets[0] = 0;
    for (int r = 0; r < comm->size; r++)
        offsets[r + 1] = offsets[r] + (size_t)comm->each[r];
}

static void gather_by_messages(td_comm *comm, const void *mine, size_t size, const size_t *offsets,
                               char *all)
{
    const size_t n = offsets[comm->rank + 1] - offsets[comm->rank];
    if (offsets[comm->size] * size <= INT32_MAX) {
        gather_parts(comm, offsets, size, mine, all);
        return;
    }
    /* Each part by one broadcast: no displacement or count that an int must hold. */
    memmove(all + offsets[comm->rank] * size, mine, n * size);
    for (int root = 0; root < comm->size; root++)
        td_comm_broadcast(comm, root, all + offsets[root] * size,
                          (offsets[root + 1] - offsets[root]) * size);
}

/* What the others bring. */
static void count_gathered(td_comm *comm, size_t size, const size_t *offsets)
{
    const size_t mine = offsets[comm->rank + 1] - offsets[comm->rank];
    count(comm, (offsets[comm->size] - mine) * size);
}

void td_comm_allgatherv_into(td_comm *comm, const void *mine, size_t size, const size_t *offsets,
                             void *all)
{
    const size_t n = offsets[comm->rank + 1] - offsets[comm->rank];
    size_t *found = comm->offsets;
    if (!comm->memory) {
        gather_by_messages(comm, mine, size, offsets, all);
        return;
    }
    count_gathered(comm, size, offsets);
    AS_ONE(comm, td_rounds_gather_begin(comm->memory, n, size, mine, found));
    AS_ONE(comm, td_rounds_gather_end(comm->memory, size, offsets, mine, all));
}

void *td_comm_allgatherv_fit(td_comm *comm, const void *mine, size_t n, size_t size,
                             size_t *offsets, td_buffer *all)
{
    if (!comm->memory) {
        td_comm_offsets(comm, n, offsets);
        void *to = td_buffer_fit(all, offsets[comm->size], size);
        gather_by_messages(comm, mine, size, offsets, to);
        return to;
    }
    AS_ONE(comm, td_rounds_gather_begin(comm->memory, n, size, mine, offsets));
    void *to = td_buffer_fit(all, offsets[comm->size], size);
    AS_ONE(comm, td_rounds_gather_end(comm->memory, size, offsets, mine, to));
    count(comm, (size_t)(comm->size - 1) * sizeof(int64_t));
    count_gathered(comm, size, offsets);
    return to;
}

void *td_comm_allgatherv(td_comm *comm, const void *mine, size_t n, size_t size, size_t *total)
{
    td_buffer all = {0};
    size_t *offsets = TD_NEW(size_t, (size_t)comm->size + 1);
    void *gathered = td_comm_allgatherv_fit(comm, mine, n, size, offsets, &all);
    *total = offsets[comm->size];
    td_free(offsets);
    return gathered;
}
