/* The ranks of a job: exact reductions, gathers, agreement on errors. The only user of MPI.
 *
 * An MPI call that fails is a lost cause: the message names rank and host, and every rank ends.
 * Counts are not limited to 2^31: long messages go in pieces.
 *
 * Functions marked Collective must be called by every rank of comm in the same order.
 */
#ifndef TD_COMM_COMM_H
#define TD_COMM_COMM_H

#include "base/memory.h"
#include "base/range.h"
#include "math/exact_sum.h"
#include "tandem/comm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Collective over comm. Returns a communicator of this rank alone, for serial work on files;
 * free it with td_comm_free. */
td_comm *td_comm_alone(td_comm *comm);
void td_comm_free(td_comm *comm);

/* Local. This node: the lowest of the communicator's ranks that run on it, and its name. */
int td_comm_node(const td_comm *comm);
const char *td_comm_host(const td_comm *comm);

/* Local, before td_comm_start too. Returns what MPI library this is, "Open MPI v4.1.4, ..
 * (MPI 3.1)"; the caller frees it. */
char *td_comm_library(void);

/* Local. How many cores of this node any of its ranks may use. */
int td_comm_cores(const td_comm *comm);

/* Collective. The names of all nodes, in the order of their ranks, with blanks between them; the
 * caller frees them. */
char *td_comm_hosts(td_comm *comm);

/* Where a rank is in the order of collectives, which is the same on all of them. HDF5's own are not
 * counted. */
typedef struct {
    uint64_t collectives; /* begun so far on this communicator */
    bool inside;          /* the last of them has not ended */
} td_comm_activity;

/* Local, in any thread. What this rank is doing now. */
td_comm_activity td_comm_activity_of(const td_comm *comm);

/* What this rank got from others so far. What an MPI library sends to bring it is more. */
typedef struct {
    int64_t calls; /* collective calls, and messages received in exchanges between two ranks */
    int64_t bytes; /* of sums, maxima and agreements the result; of all else what others had */
} td_comm_traffic;

/* Local. Of this communicator. */
td_comm_traffic td_comm_traffic_of(const td_comm *comm);

/* Local. The share of this rank in n things: [n*rank/size, n*(rank+1)/size). */
void td_comm_share(const td_comm *comm, int64_t n, int64_t *first, int64_t *count);

/* Collective. Ends a phase on all ranks. */
void td_comm_barrier(td_comm *comm);

/* Collective. Copies bytes of root's data to every rank. */
void td_comm_broadcast(td_comm *comm, int root, void *data, size_t bytes);

/* Collective. sums[i] becomes its sum over the ranks; exact, so the order cannot matter. */
void td_comm_sum(td_comm *comm, size_t n, int64_t *sums);

/* Collective. The same of small numbers, whose sums must not overflow either. */
void td_comm_sum_counts(td_comm *comm, size_t n, int32_t *counts);

/* Collective. Sums over the ranks to those who own them: rank r gets the sums of elements
 * [offsets[r], offsets[r + 1]); what sums holds elsewhere is then worthless. offsets (size + 1) is
 * the same on every rank. A pairwise exchange: MPI_Reduce_scatter is slow in Open MPI 4.1. */
void td_comm_reduce_scatter(td_comm *comm, const size_t *offsets, int64_t *sums);

/* Collective. before[i] becomes the sum of mine[i] over the ranks below this one: 0 on rank 0. */
void td_comm_exscan(td_comm *comm, size_t n, const int64_t *mine, int64_t *before);

/* Collective, each rank its own choice. Copies the wanted rows, of bytes each, to rows, from the
 * ranks that hold them: this one holds the range held, at mine. Each row is held by one rank at
 * most; what nobody holds stays as it was. A pairwise exchange. */
void td_comm_fetch_rows(td_comm *comm, size_t bytes, td_range held, const void *mine,
                        td_range wanted, void *rows);

/* Collective. largest[i] becomes its maximum over the ranks. */
void td_comm_max(td_comm *comm, size_t n, td_magnitude *largest);

/* Collective. Returns the largest count of any rank; whether mine is true on any rank. */
int64_t td_comm_max_count(td_comm *comm, int64_t mine);
bool td_comm_any(td_comm *comm, bool mine);

/* Collective. Sets offsets (size + 1) to where each rank's elements begin among all ranks', if they
 * stand one after the other in rank order: n is this rank's number of them. */
void td_comm_offsets(td_comm *comm, size_t n, size_t *offsets);

/* Collective. As td_comm_allgatherv, into the caller's room for offsets[size] elements, where every
 * rank knows what the others have: the same offsets, of which mine are those from offsets[rank] to
 * offsets[rank + 1]. mine may be its own place in all. It saves a collective, and takes no memory.
 */
void td_comm_allgatherv_into(td_comm *comm, const void *mine, size_t size, const size_t *offsets,
                             void *all);

/* Collective. As td_comm_offsets and td_comm_allgatherv_into, into room that is kept in a buffer;
 * sets offsets. Returns where that is. On one node this is one collective where the elements are
 * few. */
void *td_comm_allgatherv_fit(td_comm *comm, const void *mine, size_t n, size_t size,
                             size_t *offsets, td_buffer *all);

/* Collective. Returns all ranks' elements one after the other in rank order, on every rank; the
 * caller frees them with td_free. mine holds n elements of size bytes; *total is set to their
 * number over all ranks. n may differ from rank to rank and be 0. */
void *td_comm_allgatherv(td_comm *comm, const void *mine, size_t n, size_t size, size_t *total);

/* Collective. Sends elements of size bytes from every rank to every rank: of mine, those from
 * send_offsets[r] to send_offsets[r + 1] go to rank r (send_offsets has size + 1 elements, the
 * first is 0). Returns what arrived, in the order of the ranks it came from, and sets recv_offsets
 * (likewise) to where each rank's begins. The caller frees it with td_free. A pairwise exchange,
 * with room for one message only besides what goes and comes. */
void *td_comm_alltoallv(td_comm *comm, size_t size, const void *mine, const int64_t *send_offsets,
                        int64_t *recv_offsets);

/* Collective. Sets recv_offsets (size + 1) from what every rank sends to every rank. */
void td_comm_recv_offsets(td_comm *comm, const int64_t *send_offsets, int64_t *recv_offsets);

/* Collective. As td_comm_alltoallv, into the caller's room for recv_offsets[size] elements, where
 * each rank knows what comes. It takes no memory. */
void td_comm_alltoallv_into(td_comm *comm, size_t size, const void *mine,
                            const int64_t *send_offsets, const int64_t *recv_offsets, void *all);

#endif
