/* What a person sees of a run: on a terminal one line that is kept up to date and fits its width,
 * and at each epoch's end a line that stays; elsewhere the latter alone. On standard error, in
 * color where that is a terminal that has it (neither NO_COLOR nor TERM=dumb). Local; only the
 * speaker prints. */
#ifndef TD_RUN_PROGRESS_H
#define TD_RUN_PROGRESS_H

#include "eval/evaluation.h"
#include "run/checkpoints.h"
#include "run/losses.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool speaks;     /* rank 0 */
    bool is_live;    /* standard error is a terminal whose line can be written again */
    bool has_colors; /* and colored */
    double last;     /* when the line was last brought up to date, in seconds */
    char *evaluated; /* "validation top-100 0.2931 (best 0.2950, epoch 2)"; NULL: nothing was */
    char *best;      /* "best 0.2950", for narrow terminals; NULL likewise */
    char *others;    /* ", RMSE 0.94": what else the last evaluation measured; NULL likewise */
    bool is_best;    /* the last evaluation is the best so far */
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

/* Free it with td_progress_end, which leaves the terminal's line empty. */
td_progress td_progress_start(bool speaks);
void td_progress_end(td_progress *progress);

/* After a step: brings the line up to date, at most ten times a second. */
void td_progress_step(td_progress *progress, const td_progress_state *state);

/* Before something that takes time: says so in the line ("evaluating"). */
void td_progress_busy(td_progress *progress, const char *doing);

/* Remembers an evaluation for the lines to come; NULL: one of an earlier start. An epoch has steps.
 */
void td_progress_evaluated(td_progress *progress, const td_evaluation *evaluation,
                           const td_best_so_far *so_far, int64_t steps);

/* At an epoch's end: leaves a line that stays; with the evaluation, if it was evaluated. */
void td_progress_epoch(td_progress *progress, const td_progress_state *state, bool is_evaluated);

#endif
