/* When a checkpoint by time is due: after the seconds that were set, and not so often that writing
 * takes more than its share. */
#include "train/session.h"

#include <criterion/criterion.h>

static bool is_due(double seconds_of_last, double every, double overhead, double now)
{
    const td_schedule schedule = {.begin = 100, .seconds = seconds_of_last};
    td_config config;
    td_config_defaults(&config);
    config.checkpoint_every_seconds = every;
    config.checkpoint_max_overhead = overhead;
    return td_schedule_is_due(&schedule, &config, now);
}

Test(checkpoint_schedule, waits_for_its_seconds)
{
    cr_assert_not(is_due(0, 30, 1, 100));
    cr_assert_not(is_due(0, 30, 1, 129.9));
    cr_assert(is_due(0, 30, 1, 130));
    cr_assert(is_due(0, 30, 1, 1e6));
}

/* A checkpoint of 4 s at a share of 5 % comes every 80 s at most. */
Test(checkpoint_schedule, keeps_to_its_share_of_the_time)
{
    cr_assert_not(is_due(4, 30, 0.05, 130));
    cr_assert_not(is_due(4, 30, 0.05, 179.9));
    cr_assert(is_due(4, 30, 0.05, 180));
    cr_assert_not(is_due(4, 300, 0.05, 180));
    cr_assert(is_due(4, 300, 0.05, 400));
}

Test(checkpoint_schedule, is_off_at_zero_seconds)
{
    cr_assert_not(is_due(0, 0, 1, 100));
    cr_assert_not(is_due(0, 0, 1, 1e9));
}
