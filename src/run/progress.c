/* Progress on standard error. */
#include "run/progress.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

td_progress td_progress_start(bool speaks)
{
    return (td_progress){.speaks = speaks, .is_terminal = speaks && isatty(STDERR_FILENO)};
}

void td_progress_step(td_progress *progress, const td_progress_state *state)
{
    const double interval = 0.1;
    double now = td_seconds();
    if (!progress->is_terminal || now - progress->last < interval)
        return;
    progress->last = now;
    char *losses = td_losses_text(&state->losses);
    fprintf(stderr,
            ERASE_LINE "epoch %" PRId64 "/%" PRId64 "  step %" PRId64 "/%" PRId64
                       "  %s  %.0f examples/s  %.0f s left",
            state->epoch, state->epochs, state->step, state->steps, losses, state->examples_per_s,
            state->seconds_left);
    td_free(losses);
}

void td_progress_epoch(td_progress *progress, const td_progress_state *state)
{
    if (progress->is_terminal)
        fputs(ERASE_LINE, stderr);
    char *losses = td_losses_text(&state->losses);
    td_log("epoch %" PRId64 "/%" PRId64 ": %s, %.0f examples/s", state->epoch, state->epochs,
           losses, state->examples_per_s);
    td_free(losses);
}
