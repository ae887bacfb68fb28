/* tandem refit: a run trained again, on its validation rows, too. */
#include "tandem/refit.h"

#include "command.h"
#include "training.h"

typedef struct {
    td_refit_options options;
    int stopped; /* the signal that ended training; 0: none */
} request;

static const option options[] = {
    ARGUMENT(options.model.run, "RUN", "RUN, the run to train again"),
    NEEDED(options.run, "run", "DIR", "the new run's folder, to make or go on with"),
    TEXT(options.model.data, "data", "FILE", "the data file of RUN, where it moved"),
    TEXT(options.model.checkpoint, "checkpoint", "best|newest|STEP",
         "the checkpoint of RUN whose number of steps is taken (best: by validation rows)"),
    FLAG(options.resume, "resume",
         "go on from the newest checkpoint of the new run, or start where there is none"),
    FLAG(options.fresh, "fresh", "remove the run that is there, and start"),
    MEMORY_CHECK_OPTION(options.memory_check),
    EXECUTION_OPTIONS(options.model),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    return check_beginning(a->options.resume, a->options.fresh);
}

static td_status refit(td_comm *comm, void *context)
{
    request *a = context;
    td_train_report report;
    TD_TRY(td_refit(comm, &a->options, &report));
    a->stopped = report.stopped;
    report_training(a->options.run, &report);
    return TD_OK;
}

static int exit_status(const void *context)
{
    const request *a = context;
    return exit_status_of(a->stopped);
}

const command refit_command = {
    .name = "refit",
    .does = "train a run again, on its validation rows, too",
    .table = {"RUN",
              "Trains a new run on the training and the validation rows, with the configuration "
              "of RUN and as many steps as its best checkpoint has: what was chosen stays, and a "
              "published protocol's whole training set is used. Measure it on test rows, once.",
              options},
    .size = sizeof(request),
    .check = check,
    .catches_signals = true,
    .run = refit,
    .exit_status = exit_status};
