/* The learning rate of a step: warm-up, then a schedule (base/rate_plan.h). With rate r, warm-up w,
 * d steps of decay and end factor f, of step t, from 1, and x = min(1, (t - w) / d):
 *
 *     t < w          r t / w
 *     constant       r
 *     linear         r (1 - (1 - f) x)
 *     cosine         r (f + (1 - f) (1 + cos(pi x)) / 2)
 *     exponential    r f^x
 *
 * Source: Keras's CosineDecay, whose alpha is f (Loshchilov and Hutter, "SGDR", ICLR 2017, without
 * restarts), PolynomialDecay of power 1, and ExponentialDecay of decay_rate f, which here ends
 * after d steps, as the others do. A fixed chain of IEEE operations in double. Local.
 */
#ifndef TD_MODEL_LEARNING_RATE_H
#define TD_MODEL_LEARNING_RATE_H

#include "base/rate_plan.h"

/* Returns the rate of a step, from 1, by its plan. */
double td_learning_rate(const td_rate_plan *plan, int64_t step);

#endif
