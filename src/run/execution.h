/* The threads and kernels that a rank works with. Neither is part of the answer. */
#ifndef TD_RUN_EXECUTION_H
#define TD_RUN_EXECUTION_H

#include "comm/comm.h"
#include "math/kernels.h"

#include <stdbool.h>

/* How many threads a rank works with, and what says so: "--threads", "affinity mask" ... */
typedef struct {
    int count;
    const char *by;
} td_threads;

/* Collective. Sets OpenMP's number of threads, which it tells, and finds the kernels
 * (td_kernels_find). Threads are as many as asked, or where that is 0 as OMP_NUM_THREADS says, or
 * as there are cores in this process's affinity mask over the ranks that share it, within
 * SLURM_CPUS_PER_TASK and the quota of the control group; all within OMP_THREAD_LIMIT. Where
 * OMP_PROC_BIND or OMP_PLACES gives several ranks the same cores, their threads are bound to all of
 * them. Warns in one line of cores that stay idle, where nothing was asked, and of more threads
 * than cores. TD_ERR_LAYOUT, TD_ERR_USAGE. */
td_status td_execution_start(td_comm *comm, int asked, const char *isa, bool openblas,
                             td_kernels *kernels, td_threads *threads);

#endif
