/* The subcommands: each parses its command line, calls the library, prints what came out. */
#ifndef TANDEM_COMMAND_H
#define TANDEM_COMMAND_H

#include "options.h"
#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The last two are training's that a signal stopped: SIGUSR1; another, which is added, as shells
 * do. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_WRONG_USAGE = 2,
    EXIT_REQUEUE = 85,
    EXIT_BY_SIGNAL = 128,
};

typedef struct {
    const char *name;
    const char *does; /* in one line */
    option_table table;
    size_t size; /* of the request that the options fill, zeros unless start sets it */
    void (*start)(void *request);
    td_status (*check)(const void *request); /* what parse_options asks; NULL: nothing */
    bool catches_signals;
    td_status (*run)(td_comm *comm, void *request); /* Collective; prints on rank 0 */
    int (*exit_status)(const void *request);        /* of what was done; NULL: EXIT_DONE */
} command;

extern const command embed_command;
extern const command evaluate_command;
extern const command export_command;
extern const command inspect_command;
extern const command neighbors_command;
extern const command predict_command;
extern const command prepare_command;
extern const command receipt_command;
extern const command recommend_command;
extern const command refit_command;
extern const command report_command;
extern const command synth_command;
extern const command train_command;
extern const command verify_command;

#endif
