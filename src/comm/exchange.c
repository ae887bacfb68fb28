/* Messages between two ranks at a time: what each sends to each, in as many rounds as there are
 * other ranks. */
#include "comm/comm_parts.h"

#include "base/memory.h"
#include "base/range.h"

#include <string.h>

/* The block of [first, end) that comes after done elements: empty once they are all done. */
static int block_of(size_t first, size_t end, size_t done)
{
    size_t left = end - first > done ? end - first - done : 0;
    return (int)(left < BLOCK ? left : BLOCK);
}

/* Sends to's part and adds from's share of our own, in blocks that stay in cache. */
static void exchange_parts(td_comm *comm, int to, int from, const size_t *offsets, int64_t *sums)
{
    const size_t mine = offsets[comm->rank], mine_end = offsets[comm->rank + 1];
    const size_t theirs = offsets[to], theirs_end = offsets[to + 1];
    for (size_t done = 0;; done += BLOCK) {
        int out = block_of(theirs, theirs_end, done), in = block_of(mine, mine_end, done);
        if (out == 0 && in == 0)
            return;
        CHECK(MPI_Sendrecv(sums + theirs + done, out, MPI_INT64_T, out ? to : MPI_PROC_NULL, 0,
                           comm->block, in, MPI_INT64_T, in ? from : MPI_PROC_NULL, 0, comm->mpi,
                           MPI_STATUS_IGNORE));
        if (in > 0)
            count(comm, (size_t)in * sizeof *sums);
        for (int i = 0; i < in; i++)
            sums[mine + done + (size_t)i] =
                (int64_t)((uint64_t)sums[mine + done + (size_t)i] + (uint64_t)comm->block[i]);
    }
}

void td_comm_reduce_scatter(td_comm *comm, const size_t *offsets, int64_t *sums)
{
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_parts(comm, to, from, offsets, sums);
    }
    atomic_fetch_add(&comm->marks, 1);
}

/* Sends out to one rank and takes in from another, in pieces whose length an int can hold. */
static void exchange_bytes(td_comm *comm, int to, size_t out_bytes, const char *out, int from,
                           size_t in_bytes, char *in)
{
    while (out_bytes > 0 || in_bytes > 0) {
        int going = piece_of(out_bytes, 0), coming = piece_of(in_bytes, 0);
        CHECK(MPI_Sendrecv(out, going, MPI_BYTE, going ? to : MPI_PROC_NULL, 0, in, coming,
                           MPI_BYTE, coming ? from : MPI_PROC_NULL, 0, comm->mpi,
                           MPI_STATUS_IGNORE));
        if (coming > 0 && from != comm->rank)
            count(comm, (size_t)coming);
        out += going;
        out_bytes -= (size_t)going;
        in += coming;
        in_bytes -= (size_t)coming;
    }
}

void td_comm_recv_offsets(td_comm *comm, const int64_t *send_offsets, int64_t *recv_offsets)
{
    for (int r = 0; r < comm->size; r++)
        comm->each[r] = send_offsets[r + 1] - send_offsets[r];
    recv_offsets[0] = 0;
    COLLECTIVE(comm, MPI_Alltoall(comm->each, 1, MPI_INT64_T, recv_offsets + 1, 1, MPI_INT64_T,
                                  comm->mpi));
    count(comm, (size_t)(comm->size - 1) * sizeof *comm->each);
    for (int r = 0; r < comm->size; r++)
        recv_offsets[r + 1] += recv_offsets[r];
}

void td_comm_alltoallv_into(td_comm *comm, size_t size, const void *mine,
                            const int64_t *send_offsets, const int64_t *recv_offsets, void *all)
{
    const char *out = mine;
    char *in = all;
    const size_t own = (size_t)send_offsets[comm->rank] * size,
                 own_in = (size_t)recv_offsets[comm->rank] * size,
                 bytes = (size_t)send_offsets[comm->rank + 1] * size - own;
    if (bytes > 0) /* a rank without rows has no memory for them */
        memcpy(in + own_in, out + own, bytes);
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_bytes(comm, to, (size_t)(send_offsets[to + 1] - send_offsets[to]) * size,
                       out + (size_t)send_offsets[to] * size, from,
                       (size_t)(recv_offsets[from + 1] - recv_offsets[from]) * size,
                       in + (size_t)recv_offsets[from] * size);
    }
    atomic_fetch_add(&comm->marks, 1);
}

void *td_comm_alltoallv(td_comm *comm, size_t size, const void *mine, const int64_t *send_offsets,
                        int64_t *recv_offsets)
{
    td_comm_recv_offsets(comm, send_offsets, recv_offsets);
    void *all = td_allocate_unset((size_t)recv_offsets[comm->size], size);
    td_comm_alltoallv_into(comm, size, mine, send_offsets, recv_offsets, all);
    return all;
}

void td_comm_fetch_rows(td_comm *comm, size_t bytes, td_range held, const void *mine,
                        td_range wanted, void *rows)
{
    struct ranges {
        td_range held;
        td_range wanted;
    } own = {held, wanted};
    size_t total;
    struct ranges *all = td_comm_allgatherv(comm, &own, 1, sizeof own, &total);
    atomic_fetch_add(&comm->marks, 1); /* as one: the number of messages differs by rank */
    for (int distance = 0; distance < comm->size; distance++) {
        const int to = (comm->rank + distance) % comm->size;
        const int from = (comm->rank - distance + comm->size) % comm->size;
        const td_range out = td_range_overlap(held, all[to].wanted),
                       in = td_range_overlap(all[from].held, wanted);
        const size_t skipped = out.count > 0 ? (size_t)(out.first - held.first) * bytes : 0;
        const size_t place = in.count > 0 ? (size_t)(in.first - wanted.first) * bytes : 0;
        exchange_bytes(comm, to, (size_t)out.count * bytes, (const char *)mine + skipped, from,
                       (size_t)in.count * bytes, (char *)rows + place);
    }
    atomic_fetch_add(&comm->marks, 1);
    td_free(all);
}
