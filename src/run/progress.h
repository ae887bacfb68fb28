/* What a person sees of a run: on a terminal one line that is kept up to date, elsewhere a line an
 * epoch. On standard error. Local; only the speaker prints. */
#ifndef TD_RUN_PROGRESS_H
#define TD_RUN_PROGRESS_H

#include "run/losses.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool speaks;      /* rank 0 */
    bool is_terminal; /* standard error is one */
    double last;      /* when the line was last brought up to date, in seconds */
} td_progress;

typedef struct {
    int64_t epoch; /* from 1 */
    int64_t epochs;
    int64_t step; /* in the epoch, from 1 */
    int64_t steps;
    td_losses losses; /* of this epoch so far */
    double examples_per_s;
    double seconds_left;
} td_progress_state;

td_progress td_progress_start(bool speaks);

/* After a step: brings the line up to date, at most ten times a second. */
void td_progress_step(td_progress *progress, const td_progress_state *state);

/* At an epoch's end: leaves a line that stays. */
void td_progress_epoch(td_progress *progress, const td_progress_state *state);

#endif
