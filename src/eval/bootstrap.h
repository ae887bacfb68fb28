/* How often resamples of the bootstrap have a user: Poisson numbers of mean 1 that are a function
 * of the user's place in the data file and the resample, so that whatever is resampled, by
 * whichever rank, has the same users.
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

#endif
