/* How a subcommand uses this machine: options that training and evaluation share. None of them
 * is part of the answer. */
#ifndef TANDEM_EXECUTION_H
#define TANDEM_EXECUTION_H

#include <argp.h>

typedef struct {
    int threads;     /* of each rank; 0: as many as its affinity mask allows */
    const char *isa; /* kernels to use, as named on the command line; NULL: the best there are */
} execution;

/* --threads and --isa, as an argp child. The parent hands over the zeroed execution to be
 * filled, in ARGP_KEY_INIT: state->child_inputs[place of the child] = &execution. */
extern const struct argp execution_argp;

#endif
