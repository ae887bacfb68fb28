/* MPI behind the contract of comm.h; for comm.c, gather.c and exchange.c only. */
#ifndef TD_COMM_COMM_PARTS_H
#define TD_COMM_COMM_PARTS_H

#include "comm/comm.h"
#include "comm/node_memory.h"
#include "comm/rounds.h"

#include <mpi.h>
#include <stdatomic.h>

/* Long messages go in pieces of so many elements, since MPI-3.1 counts are ints. */
enum { PIECE = 1 << 24, NAME_BYTES = 512, HOST_BYTES = 256 };

/* Elements of a message whose parts are added where they arrive, in cache. */
enum { BLOCK = 1 << 15 };

struct td_comm {
    MPI_Comm mpi;
    int rank;
    int size;
    int node;                   /* the lowest rank of this rank's node, */
    int cores;                  /* and how many cores its ranks may use together */
    td_node_memory *memory;     /* of that node, where all ranks are on it; else NULL */
    char host[HOST_BYTES];      /* the node's name */
    char name[NAME_BYTES];      /* before this rank's last words */
    atomic_uint_fast64_t marks; /* one where a collective begins, one where it ends */
    td_comm_traffic traffic;
    int *counts;     /* (size), scratch of the gathers, as the next two */
    int *places;     /* (size) */
    int64_t *each;   /* (size): a number for each rank */
    size_t *offsets; /* (size + 1) */
    int64_t *block;  /* (BLOCK); NULL on a rank alone */
};

/* A call of MPI's that failed ends the job. */
void td_comm_check(int code, const char *call);

#define CHECK(call) td_comm_check((call), #call)

/* What is one collective on comm, however many messages or rounds it takes: a watch may see it
 * begin and end. */
#define AS_ONE(comm, statement)                                                                    \
    do {                                                                                           \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
        statement;                                                                                 \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
    } while (0)

/* A collective call of MPI's. */
#define COLLECTIVE(comm, call) AS_ONE(comm, CHECK(call))

static inline void count(td_comm *comm, size_t bytes)
{
    comm->traffic.calls++;
    comm->traffic.bytes += (int64_t)bytes;
}

/* The same of n elements of size bytes that come in pieces of so many. */
static inline void count_pieces(td_comm *comm, size_t n, size_t piece, size_t size)
{
    for (size_t done = 0; done < n; done += piece)
        count(comm, (n - done < piece ? n - done : piece) * size);
}

/* into[i] += from[i], as int64_t. */
void td_comm_add(size_t n, const void *from, void *into);

/* The length of the piece that starts at done. */
static inline int piece_of(size_t n, size_t done)
{
    return (int)(n - done < PIECE ? n - done : PIECE);
}

#endif
