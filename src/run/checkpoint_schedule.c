/* When a checkpoint by time is due. */
#include "run/checkpoint_schedule.h"

bool td_schedule_is_due(const td_schedule *schedule, const td_config *config, double now)
{
    const double every = config->checkpoint_every_seconds, passed = now - schedule->begin;
    return every > 0 && passed >= every &&
           passed * config->checkpoint_max_overhead >= schedule->seconds;
}
