/* Warm-up, then a share of the rate that falls from 1 to the end factor. */
#include "model/learning_rate.h"

#include "math/elementary.h"

/* The share of the rate at x of the decay, which is below 1. */
static double share_at(const td_rate_plan *plan, double x)
{
    const double end = plan->end_factor;
    switch (plan->schedule) {
    case TD_SCHEDULE_LINEAR:
        return 1 - (1 - end) * x;
    case TD_SCHEDULE_COSINE:
        return end + (1 - end) * (1 + td_cos_half_turn(x)) / 2;
    case TD_SCHEDULE_EXPONENTIAL:
        return td_power_of_share(end, x);
    default:
        return 1;
    }
}

double td_learning_rate(const td_rate_plan *plan, int64_t step)
{
    const int64_t falling = step - plan->warmup_steps;
    if (falling < 0)
        return plan->rate * ((double)step / (double)plan->warmup_steps);
    if (plan->schedule == TD_SCHEDULE_CONSTANT || falling == 0)
        return plan->rate;
    if (falling >= plan->decay_steps)
        return plan->rate * plan->end_factor;
    return plan->rate * share_at(plan, (double)falling / (double)plan->decay_steps);
}
