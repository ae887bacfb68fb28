/* tandem train: a model from a data file, into a run folder. */
#include "tandem/train.h"

#include "comm/comm.h"
#include "comm/config.h"
#include "command.h"
#include "tandem/memory.h"
#include "training.h"

#include <stdio.h>

typedef struct {
    const char *config;
    text_list set;
    td_train_options options;
    int stopped; /* the signal that ended training; 0: none */
} request;

static const option options[] = {
    ARGUMENT(config, "CONFIG", "CONFIG, the configuration"),
    NEEDED(options.data, "data", "FILE", "the data file, of tandem prepare"),
    NEEDED(options.run, "run", "DIR", "the run folder to make or go on with"),
    FLAG(options.resume, "resume",
         "go on from the newest checkpoint, or start where there is none"),
    FLAG(options.fresh, "fresh", "remove the run that is there, and start"),
    TEXT(options.warm_start, "warm-start", "RUN",
         "begin with what another run has learned, row by row by names; what is new gets the "
         "start that the seed gives"),
    TEXT(options.warm_start_data, "warm-start-data", "FILE",
         "the data file of --warm-start's run, where it moved"),
    FLAG(options.keep_optimizer, "keep-optimizer",
         "with --warm-start: the optimizer's state goes with the rows that are taken, its count of "
         "steps too (Adagrad's does without)"),
    FLAG(
        options.keep_absent, "keep-absent",
        "with --warm-start: users and items of that run which the data lack stay, without rows, in "
        "a data file that is made in the run folder"),
    TEXTS(set, "set", "KEY=VALUE",
          "set a key of the configuration (tandem help config); may be repeated"),
    FLAG(
        options.dry_run, "dry-run",
        "neither train nor write: show what memory training takes, by rank, and which key makes it "
        "so, and whether it is there"),
    MEMORY_CHECK_OPTION(options.memory_check),
    EXECUTION_OPTIONS(options),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    TD_TRY(check_beginning(a->options.resume, a->options.fresh));
    if (a->options.warm_start_data && !a->options.warm_start)
        return td_fail(
            TD_ERR_USAGE,
            "--warm-start-data is the data file of --warm-start's run, which is missing");
    if (a->options.keep_optimizer && !a->options.warm_start)
        return td_fail(TD_ERR_USAGE, "--keep-optimizer is of --warm-start's run, which is missing");
    if (a->options.keep_absent && !a->options.warm_start)
        return td_fail(TD_ERR_USAGE, "--keep-absent is of --warm-start's run, which is missing");
    return TD_OK;
}

/* The configuration of all ranks is the one that rank 0 reads. */
static td_status load_config(td_comm *comm, const request *a, td_config *config)
{
    td_status status = TD_OK;
    td_config_defaults(config);
    if (td_comm_rank(comm) == 0) {
        status = td_config_load(a->config, config);
        for (size_t i = 0; i < a->set.count && status == TD_OK; i++)
            status = td_config_set(config, a->set.text[i]);
        if (status == TD_OK)
            status = td_config_check(config);
    }
    TD_TRY(td_comm_agree(comm, status));
    td_comm_broadcast_config(comm, config);
    return TD_OK;
}

static int exit_status(const void *context)
{
    const request *a = context;
    return exit_status_of(a->stopped);
}

static td_status train(td_comm *comm, void *context)
{
    request *a = context;
    td_config config;
    td_train_report report;
    TD_TRY(load_config(comm, a, &config));
    const td_status status = td_train(comm, &config, &a->options, &report);
    if (report.memory && td_comm_rank(comm) == 0)
        fputs(report.memory, stdout);
    td_free(report.memory);
    a->stopped = report.stopped;
    if (status == TD_OK && !a->options.dry_run)
        report_training(a->options.run, &report);
    return status;
}

const command train_command = {
    .name = "train",
    .does = "train a model on a data file",
    .table = {"CONFIG",
              "Trains a model, alone or under mpirun or srun. The result is the same, bit for bit, "
              "on any number of ranks and threads.",
              options},
    .size = sizeof(request),
    .check = check,
    .catches_signals = true,
    .run = train,
    .exit_status = exit_status};
