/* How the learning rate goes over the steps of a run, as its configuration says: a plan, and those
 * that were followed up to some step before a --resume changed them.
 *
 * A plan is what optimizer.learning_rate and its relatives say together; it counts steps from the
 * run's first one, whenever it was taken up. Earlier plans stand in optimizer.earlier_rates, in
 * their order, so that a configuration alone gives the same rates in one go:
 *
 *     0.1 constant 0 0 0 to 120, 0.05 cosine 10 500 0.01 to 300
 *
 * that is: learning_rate, schedule, warmup_steps, decay_steps, end_factor, and the last step of the
 * plan. All functions are Local.
 */
#ifndef TD_BASE_RATE_PLAN_H
#define TD_BASE_RATE_PLAN_H

#include "tandem/config.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double rate;
    int schedule; /* TD_SCHEDULE_* */
    int64_t warmup_steps;
    int64_t decay_steps; /* above 0 unless the schedule is constant */
    double end_factor;
    int64_t until; /* the last step that it is of; INT64_MAX: all that come */
} td_rate_plan;

/* Returns the plan of a step, from 1. */
td_rate_plan td_rate_plan_at(const td_config *config, int64_t step);

/* Tells whether two plans give the same rates. */
bool td_rate_plan_is_same(const td_rate_plan *a, const td_rate_plan *b);

/* Returns a plan in words, for messages; the caller frees it with td_free. */
char *td_rate_plan_words(const td_rate_plan *plan);

/* Makes config that of a run of which step steps were taken with another one: it keeps its own plan
 * for those that come, and gets the other's for those that were. Where config leaves the steps of
 * its decay open (0), they are the other's, if that has any. */
void td_rate_plan_go_on(const td_config *before, int64_t step, td_config *config);

/* Tells whether two configurations give the same answer up to a step: of the keys of rates the
 * first so many steps count, of others all, as td_config_match says. TD_ERR_MISMATCH. */
td_status td_rate_plan_match(const td_config *ours, const td_config *theirs, int64_t step);

/* Tells whether the keys of rates fit each other: TD_ERR_CONFIG. */
td_status td_rate_plan_check(const td_config *config);

#endif
