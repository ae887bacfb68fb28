/* Units that follow their terms: coarser at once, finer after so many steps; and sums of losses
 * that are in different units. */
#include "model/sum_units.h"

#include "model/task.h"

#include <criterion/criterion.h>
#include <math.h>

/* Steps that all need the same. */
static void take(td_sum_unit *unit, int steps, int needed)
{
    for (int i = 0; i < steps; i++) {
        td_sum_unit_follow(unit, needed);
        cr_assert(td_sum_unit_is_sound(unit), "%d %d %d", unit->coarser, unit->quiet, unit->needed);
    }
}

Test(sum_units, are_as_coarse_as_a_step_needs_at_once)
{
    td_sum_unit unit = {0};
    const int needed[] = {0, 3, 7, 7, 40};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        take(&unit, 1, needed[i]);
        cr_assert_eq(unit.coarser, needed[i]);
    }
}

Test(sum_units, are_finer_after_steps_that_needed_less)
{
    td_sum_unit unit = {0};
    take(&unit, 1, 9);
    take(&unit, TD_SUM_UNIT_STEPS - 1, 2);
    cr_assert_eq(unit.coarser, 9, "one step too soon");
    take(&unit, 1, 5);
    cr_assert_eq(unit.coarser, 5, "the most that one of them needed");
    take(&unit, TD_SUM_UNIT_STEPS - 1, 0);
    take(&unit, 1, 5);
    take(&unit, TD_SUM_UNIT_STEPS - 1, 0);
    cr_assert_eq(unit.coarser, 5, "counted anew when it was needed");
    take(&unit, 1, 0);
    cr_assert(td_sum_units_are_finest(1, &unit) && unit.quiet == 0 && unit.needed == 0);
}

Test(sum_units, are_the_finest_where_nothing_is_needed)
{
    td_sum_unit units[3] = {0};
    take(&units[1], 200, 0);
    cr_assert(td_sum_units_are_finest(3, units) && units[1].quiet == 0);
    take(&units[2], 1, 1);
    cr_assert_not(td_sum_units_are_finest(3, units));
}

Test(sum_units, are_refused_where_no_step_can_have_left_them)
{
    const td_sum_unit bad[] = {{-1, 0, 0}, {TD_EXACT_COARSEST + 1, 0, 0}, {5, -1, 0}, {5, 3, 5},
                               {5, 3, -1}, {5, TD_SUM_UNIT_STEPS, 0},     {5, 0, 1},  {0, 1, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(td_sum_unit_is_sound(&bad[i]), "%zu", i);
    cr_assert(td_sum_unit_is_sound(&(td_sum_unit){5, 3, 4}));
}

static td_task_loss sum_of(size_t n, const td_task_loss *losses)
{
    td_task_loss sum = {0};
    for (size_t i = 0; i < n; i++)
        td_task_losses_add(1, &sum, &losses[i]);
    return sum;
}

Test(sum_units, of_losses_may_differ_from_step_to_step)
{
    const td_exact one = (td_exact)1 << TD_EXACT_TOTAL;
    const td_task_loss losses[] = {{3 * one, 10, 0}, {5 * one, 20, 4}, {one + 7, 30, 0}};
    td_task_loss sum = sum_of(3, losses);
    cr_assert_eq(sum.coarser, 4);
    cr_assert_eq(sum.rows, 60);
    cr_assert_float_eq(td_task_loss_sum(&sum), 3 + 5 * 16 + 1, 0x1p-20);
    sum = sum_of(1, &losses[2]);
    cr_assert(sum.sum == one + 7 && sum.coarser == 0, "as it is where units are the finest");
}

Test(sum_units, of_losses_leave_room_for_every_sum)
{
    const td_exact most = INT64_MAX;
    const td_task_loss losses[] = {{most, 1, 0}, {most, 1, 0}, {most, 1, 3}, {-most, 1, 3}};
    const td_task_loss sum = sum_of(4, losses);
    cr_assert_float_eq(td_task_loss_sum(&sum) / ldexp(1, 63 - TD_EXACT_TOTAL), 2, 1e-9);
}
