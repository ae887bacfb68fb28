/* Learning rates by hand, and against the C library's cosine and power. */
#include "model/learning_rate.h"

#include "math/elementary.h"

#include <criterion/criterion.h>
#include <math.h>

static const td_rate_plan plan = {
    .rate = 0.5, .warmup_steps = 4, .decay_steps = 8, .end_factor = 0.25};

static double rate_at(int schedule, int64_t step)
{
    td_rate_plan p = plan;
    p.schedule = schedule;
    return td_learning_rate(&p, step);
}

Test(learning_rate, rises_along_a_line)
{
    for (int schedule = TD_SCHEDULE_CONSTANT; schedule <= TD_SCHEDULE_EXPONENTIAL; schedule++) {
        const double expected[] = {0.125, 0.25, 0.375, 0.5};
        for (int64_t step = 1; step <= 4; step++)
            cr_expect_eq(rate_at(schedule, step), expected[step - 1], "%d, %d", schedule,
                         (int)step);
    }
}

Test(learning_rate, constant_stays)
{
    cr_expect_eq(rate_at(TD_SCHEDULE_CONSTANT, 5), 0.5);
    cr_expect_eq(rate_at(TD_SCHEDULE_CONSTANT, INT64_MAX), 0.5);
}

/* Steps 4 to 12 are x = 0 to 1; what comes later stays at the end. */
Test(learning_rate, falls_by_the_formula_and_stays)
{
    for (int64_t step = 4; step <= 20; step++) {
        const double x = fmin(1, (double)(step - 4) / 8);
        cr_expect_eq(rate_at(TD_SCHEDULE_LINEAR, step), 0.5 * (1 - 0.75 * x));
        const double cosine = 0.5 * (0.25 + 0.75 * (1 + cos(acos(-1) * x)) / 2);
        cr_expect_float_eq(rate_at(TD_SCHEDULE_COSINE, step), cosine, 1e-15);
        cr_expect_float_eq(rate_at(TD_SCHEDULE_EXPONENTIAL, step), 0.5 * pow(0.25, x), 1e-15);
    }
    cr_expect_eq(rate_at(TD_SCHEDULE_COSINE, 8), 0.5 * (0.25 + 0.375), "half of the way, exactly");
    for (int schedule = TD_SCHEDULE_LINEAR; schedule <= TD_SCHEDULE_EXPONENTIAL; schedule++)
        cr_expect_eq(rate_at(schedule, 12), 0.125, "%d", schedule);
}

Test(learning_rate, cosine_and_powers_are_the_library_s)
{
    for (int i = 0; i <= 1000; i++) {
        const double x = i / 1000.0;
        cr_expect_float_eq(td_cos_half_turn(x), cos(acos(-1) * x), 1e-15, "cos %g", x);
        if (i < 1000)
            for (double base = 1; base > 1e-30; base /= 7)
                cr_expect(fabs(td_power_of_share(base, x) / pow(base, x) - 1) < 2e-14, "%g^%g",
                          base, x);
    }
    cr_expect_eq(td_cos_half_turn(0.5), 0);
    cr_expect_eq(td_power_of_share(0.25, 0.5), 0.5);
    cr_expect_eq(td_power_of_share(0.25, 0), 1);
}
