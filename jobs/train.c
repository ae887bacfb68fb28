/* tandem train: a model from a data file, into a run folder. */
#include "tandem/train.h"
#include "arguments.h"
#include "base/log.h"
#include "comm/comm.h"
#include "comm/config.h"
#include "execution.h"
#include "jobs.h"
#include "settings.h"
#include "tandem/signals.h"

#include <inttypes.h>

enum {
    KEY_DATA = 0x100,
    KEY_RUN,
    KEY_RESUME,
    KEY_FRESH,
    KEY_WARM_START,
    KEY_WARM_START_DATA,
    KEY_SET
};

typedef struct {
    settings settings;
    execution execution;
    td_train_options options;
} arguments;

static const struct argp_option options[] = {
    {.name = "data", .key = KEY_DATA, .arg = "FILE", .doc = "the data file, of tandem prepare"},
    {.name = "run", .key = KEY_RUN, .arg = "DIR", .doc = "the run folder to make or go on with"},
    {.name = "resume",
     .key = KEY_RESUME,
     .doc = "go on from the newest checkpoint, or start where there is none"},
    {.name = "fresh", .key = KEY_FRESH, .doc = "remove the run that is there, and start"},
    {.name = "warm-start",
     .key = KEY_WARM_START,
     .arg = "RUN",
     .doc = "begin with what another run has learned, row by row by names; what is new gets the "
            "start that the seed gives"},
    {.name = "warm-start-data",
     .key = KEY_WARM_START_DATA,
     .arg = "FILE",
     .doc = "the data file of --warm-start's run, where it moved"},
    {.name = "set",
     .key = KEY_SET,
     .arg = "KEY=VALUE",
     .doc = "set a key of the configuration (tandem help config); may be repeated"},
    {0}};

static void check_options(const arguments *a, struct argp_state *state)
{
    if (!a->options.config || !a->options.data || !a->options.run)
        argp_error(state, "CONFIG, --data and --run are needed");
    if (a->options.resume && a->options.fresh)
        argp_error(state, "--resume goes on with a run and --fresh removes it: choose one");
    if (a->options.warm_start_data && !a->options.warm_start)
        argp_error(state, "--warm-start-data is the data file of --warm-start's run, which is "
                          "missing");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->execution;
        return 0;
    case KEY_DATA:
        a->options.data = text;
        return 0;
    case KEY_RUN:
        a->options.run = text;
        return 0;
    case KEY_RESUME:
        a->options.resume = true;
        return 0;
    case KEY_FRESH:
        a->options.fresh = true;
        return 0;
    case KEY_WARM_START:
        a->options.warm_start = text;
        return 0;
    case KEY_WARM_START_DATA:
        a->options.warm_start_data = text;
        return 0;
    case KEY_SET:
        settings_add(&a->settings, text);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one CONFIG is enough; found '%s' too", text);
        a->options.config = text;
        return 0;
    case ARGP_KEY_END:
        check_options(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The configuration of all ranks is the one that rank 0 reads. */
static td_status load_config(td_comm *comm, const arguments *a, td_config *config)
{
    td_status status = TD_OK;
    td_config_defaults(config);
    if (td_comm_rank(comm) == 0) {
        status = td_config_load(a->options.config, config);
        for (size_t i = 0; i < a->settings.count && status == TD_OK; i++)
            status = td_config_set(config, a->settings.assignment[i]);
        if (status == TD_OK)
            status = td_config_check(config);
    }
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast_config(comm, config);
    return TD_OK;
}

static void report_end(const char *run, const td_train_report *report)
{
    td_log("%s: %" PRId64 " epochs, %" PRId64 " steps, loss %.4f; %.0f examples/s", run,
           report->epochs, report->steps, report->loss, report->examples_per_s);
}

static void report_stop(const char *run, const td_train_report *report)
{
    static const char *const name[] = {[TD_STOPPED_REQUEUE] = "SIGUSR1",
                                       [TD_STOPPED_TERMINATE] = "SIGTERM",
                                       [TD_STOPPED_INTERRUPT] = "SIGINT"};
    td_log("%s: stopped by %s at step %" PRId64 ", with a checkpoint; --resume goes on", run,
           name[report->stopped], report->steps);
}

static int exit_status_of(td_stop stopped)
{
    static const int status[] = {[TD_STOPPED_NOT] = EXIT_DONE,
                                 [TD_STOPPED_REQUEUE] = EXIT_REQUEUE,
                                 [TD_STOPPED_TERMINATE] = EXIT_TERMINATED,
                                 [TD_STOPPED_INTERRUPT] = EXIT_INTERRUPTED};
    return status[stopped];
}

static td_status train(td_comm *comm, arguments *a, td_stop *stopped)
{
    td_config config;
    td_train_report report;
    a->options.threads = a->execution.threads;
    a->options.isa = a->execution.isa;
    TD_TRY(load_config(comm, a, &config));
    TD_TRY(td_train(comm, &config, &a->options, &report));
    *stopped = report.stopped;
    if (report.stopped)
        report_stop(a->options.run, &report);
    else
        report_end(a->options.run, &report);
    return TD_OK;
}

int run_train(int argc, char **argv)
{
    static const struct argp_child children[] = {{&execution_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "CONFIG",
        .doc = "Trains a model, alone or under mpirun or srun. The result is the same, bit for "
               "bit, on any number of ranks and threads.",
        .children = children};
    arguments a = {0};
    parse_arguments(&argp, argc, argv, &a);
    td_stop stopped = TD_STOPPED_NOT;
    td_signals_start();
    td_comm *comm = td_comm_start();
    const int status = finish(comm, train(comm, &a, &stopped));
    return status == EXIT_DONE ? exit_status_of(stopped) : status;
}
