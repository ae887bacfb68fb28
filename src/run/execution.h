/* The threads and kernels that a rank works with. Neither is part of the answer. */
#ifndef TD_RUN_EXECUTION_H
#define TD_RUN_EXECUTION_H

#include "comm/comm.h"
#include "math/kernels.h"

#include <stdbool.h>

/* Collective. Sets OpenMP's number of threads - threads, or if that is 0 the cores of this rank's
 * affinity mask divided by the ranks that share it - and finds the kernels (td_kernels_find). Warns
 * in one line if cores of a node stay idle. TD_ERR_LAYOUT, TD_ERR_USAGE. */
td_status td_execution_start(td_comm *comm, int threads, const char *isa, bool openblas,
                             td_kernels *kernels);

#endif
