/* Phases add up to the time that passed, each to its own. */
#include "base/stopwatch.h"
#include "base/timer.h"

#include <criterion/criterion.h>

static void spend(double seconds)
{
    const double begin = td_seconds();
    while (td_seconds() - begin < seconds) {
    }
}

Test(stopwatch, every_moment_belongs_to_the_phase_that_was_entered_last)
{
    td_stopwatch watch = {0};
    const double begin = td_seconds();
    td_stopwatch_enter(&watch, TD_PHASE_TOWERS);
    spend(2e-3);
    td_stopwatch_enter(&watch, TD_PHASE_HEAD);
    spend(1e-3);
    td_stopwatch_enter(&watch, TD_PHASE_TOWERS);
    spend(1e-3);
    td_stopwatch_enter(&watch, TD_PHASE_WAITING);
    const double passed = td_seconds() - begin;
    const double sum = watch.seconds[TD_PHASE_TOWERS] + watch.seconds[TD_PHASE_HEAD];
    cr_assert_geq(watch.seconds[TD_PHASE_TOWERS], 3e-3);
    cr_assert_geq(watch.seconds[TD_PHASE_HEAD], 1e-3);
    cr_assert(sum <= passed);
    cr_assert_eq(watch.seconds[TD_PHASE_WAITING], 0);
}

Test(stopwatch, a_trace_keeps_the_first_phases_in_their_order)
{
    td_stopwatch watch = {0};
    td_stopwatch_enter(&watch, TD_PHASE_SUMS);
    cr_assert_eq(watch.marks, 0);
    td_stopwatch_trace(&watch, 3);
    for (int i = 0; i < 5; i++)
        td_stopwatch_enter(&watch, (td_phase)(i % 2 ? TD_PHASE_HEAD : TD_PHASE_SOFTMAX));
    cr_assert_eq(watch.marks, 3);
    cr_assert_eq(watch.trace[0].phase, TD_PHASE_SOFTMAX);
    cr_assert_eq(watch.trace[1].phase, TD_PHASE_HEAD);
    cr_assert(watch.trace[0].at <= watch.trace[1].at);
    td_stopwatch_trace(&watch, 0);
    cr_assert_eq(watch.capacity, 0);
    td_stopwatch_free(&watch);
}

Test(stopwatch, every_phase_has_a_name)
{
    for (int p = 0; p < TD_PHASES; p++)
        cr_assert(td_phase_name((td_phase)p));
}
