/* tandem inspect: what is in a file or a run, or the checksum of it. */
#include "tandem/inspect.h"
#include "arguments.h"
#include "jobs.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    const char *path;
    td_inspect_part part;
    bool checksum;
} inspect_options;

static error_t take(int key, char *text, struct argp_state *state)
{
    inspect_options *options = state->input;
    switch (key) {
    case 'c':
        options->checksum = true;
        return 0;
    case 'm':
        options->part = TD_INSPECT_METRICS;
        return 0;
    case ARGP_KEY_ARG:
        if (options->path)
            argp_error(state, "expected one file or folder; found also '%s'", text);
        options->path = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a data file, checkpoint, metrics file or run folder");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options_known[] = {
    {"checksum", 'c', NULL, 0,
     "Only print the checksum: of a checkpoint's parameters and optimizer state, of all values of "
     "another file",
     0},
    {"metrics", 'm', NULL, 0, "Look at the run's metrics instead of its newest checkpoint", 0},
    {0},
};

static const struct argp inspect_argp = {
    options_known, take,
    "FILE|DIR",    "Shows what is in a data file, checkpoint, metrics file or run folder.",
    NULL,          NULL,
    NULL};

static td_status print_checksum(td_comm *comm, const inspect_options *options)
{
    uint64_t checksum;
    TD_TRY(td_inspect_checksum(comm, options->path, options->part, &checksum));
    if (td_comm_rank(comm) == 0)
        printf("%016" PRIx64 "\n", checksum);
    return TD_OK;
}

int run_inspect(int argc, char **argv)
{
    inspect_options options = {0};
    parse_arguments(&inspect_argp, argc, argv, &options);
    td_comm *comm = td_comm_start();
    td_status status = options.checksum ? print_checksum(comm, &options)
                                        : td_inspect(comm, options.path, options.part, stdout);
    return finish(comm, status);
}
