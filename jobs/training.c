/* One line for a run that ended, or was stopped. */
#include "training.h"

#include "base/log.h"
#include "command.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

td_status check_beginning(bool resume, bool fresh)
{
    if (resume && fresh)
        return td_fail(TD_ERR_USAGE,
                       "--resume goes on with a run and --fresh removes it: choose one");
    return TD_OK;
}

int exit_status_of(int stopped)
{
    if (!stopped)
        return EXIT_DONE;
    return stopped == SIGUSR1 ? EXIT_REQUEUE : EXIT_BY_SIGNAL + stopped;
}

void report_training(const char *run, const td_train_report *report)
{
    if (report->stopped)
        td_log("%s: stopped by SIG%s at step %" PRId64 ", with a checkpoint; --resume goes on", run,
               sigabbrev_np(report->stopped), report->steps);
    else
        td_log("%s: %" PRId64 " %s, %" PRId64 " %s, loss %.4f; %.0f examples/s", run,
               report->epochs, report->epochs == 1 ? "epoch" : "epochs", report->steps,
               report->steps == 1 ? "step" : "steps", report->loss, report->examples_per_s);
}
