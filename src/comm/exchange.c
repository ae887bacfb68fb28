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
        td_comm_add((size_t)in, comm->block, sums + mine + done);
    }
}

/* What arrives from each of the others, of as many elements as this rank owns. */
static void count_parts(td_comm *comm, const size_t *offsets)
{
    for (int other = 1; other < comm->size; other++)
        count_pieces(comm, offsets[comm->rank + 1] - offsets[comm->rank], BLOCK, sizeof(int64_t));
}

static void reduce_scatter_by_messages(td_comm *comm, const size_t *offsets, int64_t *sums)
{
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_parts(comm, to, from, offsets, sums);
    }
}

void td_comm_reduce_scatter(td_comm *comm, const size_t *offsets, int64_t *sums)
{
    count_parts(comm, offsets);
    if (comm->memory)
        AS_ONE(comm,
               td_rounds_reduce_scatter(comm->memory, sizeof *sums, offsets, td_comm_add, sums));
    else
        AS_ONE(comm, reduce_scatter_by_messages(comm, offsets, sums));
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
        out += going;
        out_bytes -= (size_t)going;
        in += coming;
        in_bytes -= (size_t)coming;
    }
}

void td_comm_recv_offsets(td_comm *comm, const int64_t *send_offsets, int64_t *recv_offsets)
{
    count(comm, (size_t)(comm->size - 1) * sizeof *comm->each);
    if (comm->memory) {
        AS_ONE(comm, td_rounds_recv_offsets(comm->memory, send_offsets, recv_offsets));
        return;
    }
    for (int r = 0; r < comm->size; r++)
        comm->each[r] = send_offsets[r + 1] - send_offsets[r];
    recv_offsets[0] = 0;
    COLLECTIVE(comm, MPI_Alltoall(comm->each, 1, MPI_INT64_T, recv_offsets + 1, 1, MPI_INT64_T,
                                  comm->mpi));
    for (int r = 0; r < comm->size; r++)
        recv_offsets[r + 1] += recv_offsets[r];
}

static void alltoallv_by_messages(td_comm *comm, size_t size, const char *out,
                                  const int64_t *send_offsets, const int64_t *recv_offsets,
                                  char *in)
{
    for (int distance = 1; distance < comm->size; distance++) {
        int to = (comm->rank + distance) % comm->size;
        int from = (comm->rank - distance + comm->size) % comm->size;
        exchange_bytes(comm, to, (size_t)(send_offsets[to + 1] - send_offsets[to]) * size,
                       out + (size_t)send_offsets[to] * size, from,
                       (size_t)(recv_offsets[from + 1] - recv_offsets[from]) * size,
                       in + (size_t)recv_offsets[from] * size);
    }
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
    for (int r = 0; r < comm->size; r++)
        if (r != comm->rank)
            count_pieces(comm, (size_t)(recv_offsets[r + 1] - recv_offsets[r]) * size, PIECE, 1);
    if (comm->memory)
        AS_ONE(comm,
               td_rounds_alltoallv(comm->memory, size, mine, send_offsets, recv_offsets, all));
    else
        AS_ONE(comm, alltoallv_by_messages(comm, size, out, send_offsets, recv_offsets, in));
}

void *td_comm_alltoallv(td_comm *comm, size_t size, const void *mine, const int64_t *send_offsets,
                        int64_t *recv_offsets)
{
    td_comm_recv_offsets(comm, send_offsets, recv_offsets);
    void *all = td_allocate_unset((size_t)recv_offsets[comm->size], size);
    td_comm_alltoallv_into(comm, size, mine, send_offsets, recv_offsets, all);
    return all;
}

/* Rows that a rank holds, and wants. */
typedef struct {
    td_range held;
    td_range wanted;
} row_ranges;

static void fetch_by_messages(td_comm *comm, size_t bytes, const row_ranges *all, const void *mine,
                              void *rows)
{
    const row_ranges *own = &all[comm->rank];
    for (int distance = 0; distance < comm->size; distance++) {
        const int to = (comm->rank + distance) % comm->size;
        const int from = (comm->rank - distance + comm->size) % comm->size;
        const td_range out = td_range_overlap(own->held, all[to].wanted),
                       in = td_range_overlap(all[from].held, own->wanted);
        const size_t skipped = out.count > 0 ? (size_t)(out.first - own->held.first) * bytes : 0;
        const size_t place = in.count > 0 ? (size_t)(in.first - own->wanted.first) * bytes : 0;
        if (from != comm->rank)
            count_pieces(comm, (size_t)in.count * bytes, PIECE, 1);
        exchange_bytes(comm, to, (size_t)out.count * bytes, (const char *)mine + skipped, from,
                       (size_t)in.count * bytes, (char *)rows + place);
    }
}

void td_comm_fetch_rows(td_comm *comm, size_t bytes, td_range held, const void *mine,
                        td_range wanted, void *rows)
{
    const row_ranges own = {held, wanted};
    size_t total;
    row_ranges *all = td_comm_allgatherv(comm, &own, 1, sizeof own, &total);
    AS_ONE(comm, fetch_by_messages(comm, bytes, all, mine, rows));
    td_free(all);
}
