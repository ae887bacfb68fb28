/* MPI behind the contract of comm.h; for comm.c and exchange.c only. */
#ifndef TD_COMM_COMM_PARTS_H
#define TD_COMM_COMM_PARTS_H

#include "comm/comm.h"

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
    int node;                   /* the lowest rank of this rank's node */
    char host[HOST_BYTES];      /* the node's name */
    char name[NAME_BYTES];      /* before this rank's last words */
    atomic_uint_fast64_t marks; /* one where a collective begins, one where it ends */
    td_comm_traffic traffic;
    int *counts;    /* (size), scratch of the gathers, as the next two */
    int *places;    /* (size) */
    int64_t *each;  /* (size): a number for each rank */
    int64_t *block; /* (BLOCK); NULL on a rank alone */
};

/* A call of MPI's that failed ends the job. */
void td_comm_check(int code, const char *call);

#define CHECK(call) td_comm_check((call), #call)

/* A collective call on comm, which a watch may see begin and end. */
#define COLLECTIVE(comm, call)                                                                     \
    do {                                                                                           \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
        CHECK(call);                                                                               \
        atomic_fetch_add(&(comm)->marks, 1);                                                       \
    } while (0)

static inline void count(td_comm *comm, size_t bytes)
{
    comm->traffic.calls++;
    comm->traffic.bytes += (int64_t)bytes;
}

/* The length of the piece that starts at done. */
static inline int piece_of(size_t n, size_t done)
{
    return (int)(n - done < PIECE ? n - done : PIECE);
}

#endif
