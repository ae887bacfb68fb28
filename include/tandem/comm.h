/* The ranks of a job, as an application sees them.
 *
 * A program calls td_comm_start first and td_comm_stop last; alone it is a job of one rank, under
 * mpirun or srun of many. The calls of this library that say Collective must be made by every rank
 * in the same order.
 *
 * The library begins HDF5 when it is loaded, and switches its clean-up at the process's end off
 * (H5dont_atexit), which would crash in MPI: a program closes HDF5 files of its own itself.
 */
#ifndef TANDEM_COMM_H
#define TANDEM_COMM_H

#include "tandem/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct td_comm td_comm;

/* Collective over all processes of the job. Starts MPI (MPI_THREAD_FUNNELED), makes rank 0 the
 * one that speaks, makes a lost cause on one rank end every rank, and lets a fault (SIGSEGV and its
 * like) say rank and host before its default effect. Signals that end the process (SIGTERM, SIGINT,
 * SIGHUP, SIGXCPU) first remove files that are half-written; SIGPIPE and SIGXFSZ are ignored, so
 * that the write fails. */
td_comm *td_comm_start(void);

/* Collective. Ends MPI and frees comm. */
void td_comm_stop(td_comm *comm);

/* Local. The communicator's rank and size. */
int td_comm_rank(const td_comm *comm);
int td_comm_size(const td_comm *comm);

/* Collective. Gives every rank the worst status of all and the message of the lowest rank that
 * has it. Call it wherever one rank may fail alone, before the next collective call. */
td_status td_comm_agree(td_comm *comm, td_status mine);

#ifdef __cplusplus
}
#endif

#endif
