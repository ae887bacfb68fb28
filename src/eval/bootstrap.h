/* How often resamples of the bootstrap have a user, and a run of several. A user's are Poisson
 * numbers of mean 1 that are a function of the user's place in the data file and the resample, so
 * that whatever is resampled, by whichever rank, has the same users.
 *
 * Source: Hanley and MacGibbon 2006, "Creating non-parametric bootstrap samples using Poisson
 * frequencies".
 */
#ifndef TD_EVAL_BOOTSTRAP_H
#define TD_EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* Resamples are made so many at a time, since one draw gives four words. */
enum { TD_DRAWS = 4 };

/* Local. Sets times to how often resamples 4 b .. 4 b + 3 have the user at a place. */
void td_bootstrap_draw(uint64_t seed, int64_t place, size_t b, uint8_t times[TD_DRAWS]);

/* Local. Sets times (runs) to how often a resample has each of m runs, and returns their sum: m - 1
 * are drawn with replacement, since the mean of m would vary (m - 1) / m times as much as that of m
 * new runs (several_runs.h); the one of one. Two sides (0, 1) are drawn apart. */
int64_t td_bootstrap_draw_runs(uint64_t seed, int side, size_t resample, size_t runs,
                               int64_t *times);

#endif
