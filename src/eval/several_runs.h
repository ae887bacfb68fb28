/* Evaluations of several runs of one configuration, which differ by their seeds, as one: a metric
 * of the model is the mean of the runs' metrics. A resample has the users of bootstrap.h, the same
 * in every run, and of m runs m - 1 that are drawn with replacement, so that an interval is of
 * both.
 *
 * Sources: Owen 2007, "The pigeonhole bootstrap" (two factors that are crossed are resampled
 * apart); Rao and Wu 1988, "Resampling inference with complex survey data" (m - 1 of m).
 */
#ifndef TD_EVAL_SEVERAL_RUNS_H
#define TD_EVAL_SEVERAL_RUNS_H

#include "eval/evaluation.h"

#include <stddef.h>

/* Local. Makes of the evaluation of the first of some runs, asked the same, that of all: the
 * model's values, those of groups and of users, and resamples as far as they were asked for, with
 * their intervals. The others have the model's columns; those of other systems, which do not depend
 * on seeds, stay as they are. side: 0, or 1 for the runs of the other side of a comparison, which
 * are drawn apart. Of one run nothing changes. */
void td_several_runs_join(size_t runs, td_evaluation *const *of_run, int side);

#endif
