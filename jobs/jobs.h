/* The subcommands: each parses its command line, calls the library, prints what came out. */
#ifndef TANDEM_JOBS_H
#define TANDEM_JOBS_H

#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdio.h>

/* The last three are training's that a signal stopped: SIGUSR1, SIGINT, SIGTERM. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_REQUEUE = 85,
    EXIT_INTERRUPTED = 130,
    EXIT_TERMINATED = 143,
};

/* Collective. Ends a job: agrees on the status, lets one rank say what went wrong, stops comm,
 * and returns the exit status. */
int finish(td_comm *comm, td_status status);

typedef struct {
    const char *name;
    const char *does; /* in one line */
    int (*run)(int argc, char **argv);
} command;

/* Local. Returns the subcommand of this name, NULL if there is none. */
const command *find_command(const char *name);

/* Local. Prints the list of subcommands. */
void print_commands(FILE *stream);

/* argv[0] is the subcommand's name. Each returns the program's exit status. */
int run_evaluate(int argc, char **argv);
int run_export(int argc, char **argv);
int run_help(int argc, char **argv);
int run_inspect(int argc, char **argv);
int run_neighbors(int argc, char **argv);
int run_predict(int argc, char **argv);
int run_prepare(int argc, char **argv);
int run_recommend(int argc, char **argv);
int run_synth(int argc, char **argv);
int run_train(int argc, char **argv);

#endif
