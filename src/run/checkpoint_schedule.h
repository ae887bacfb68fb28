/* When a checkpoint by time is due. Local: the clock is rank 0's, whose wish travels with a step.
 */
#ifndef TD_RUN_CHECKPOINT_SCHEDULE_H
#define TD_RUN_CHECKPOINT_SCHEDULE_H

#include "tandem/config.h"

#include <stdbool.h>

typedef struct {
    double begin;   /* of the last checkpoint, or of training, by a clock that only goes forward */
    double seconds; /* that the last checkpoint took */
} td_schedule;

/* Whether one is due at this moment: checkpoint.every_seconds have passed since the last one began,
 * and so long that its seconds are at most checkpoint.max_overhead of the time. */
bool td_schedule_is_due(const td_schedule *schedule, const td_config *config, double now);

#endif
