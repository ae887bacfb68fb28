/* Mean and variance of times, where 64-bit sums overflow and double sums lose digits. */
#include "data/moments.h"

#include "text/decimal.h"

#include <criterion/criterion.h>
#include <math.h>

static td_moments moments_of(int n, const int64_t *times)
{
    td_moments moments = {0};
    for (int i = 0; i < n; i++)
        td_moments_add(&moments, times[i]);
    return moments;
}

Test(moments, of_small_numbers)
{
    const int64_t times[] = {2, 4, 4, 4, 5, 5, 7, 9};
    td_moments m = moments_of(8, times);
    cr_assert_eq(m.first, 2);
    cr_assert_eq(m.last, 9);
    cr_assert_eq(td_moments_mean(&m), 5);
    cr_assert_eq(td_moments_variance(&m), 4);
}

Test(moments, with_fractions)
{
    const int64_t times[] = {0, 0, 1}; /* mean 1/3, variance 2/9 */
    td_moments m = moments_of(3, times);
    cr_assert_eq(td_moments_mean(&m), 1.0 / 3);
    cr_assert_float_eq(td_moments_variance(&m), 2.0 / 9, 1e-16);
    const int64_t two[] = {10, 11};
    m = moments_of(2, two);
    cr_assert_eq(td_moments_mean(&m), 10.5);
    cr_assert_eq(td_moments_variance(&m), 0.25);
}

Test(moments, of_late_times_keep_every_digit)
{
    td_moments m = {0};
    for (int64_t i = 0; i < 1000000; i++) /* two values, one second apart, at the end of time */
        td_moments_add(&m, TD_TIME_MAX - i % 2);
    cr_assert_eq(td_moments_mean(&m), (double)TD_TIME_MAX - 0.5);
    cr_assert_eq(td_moments_variance(&m), 0.25);
    const int64_t ends[] = {0, TD_TIME_MAX};
    m = moments_of(2, ends);
    cr_assert_eq(td_moments_variance(&m), 0.25 * (double)TD_TIME_MAX * (double)TD_TIME_MAX);
}

Test(moments, of_times_before_1970)
{
    const int64_t times[] = {-3, -1, TD_TIME_MIN, 4 - TD_TIME_MIN};
    td_moments m = moments_of(2, times);
    cr_assert(m.first == -3 && m.last == -1);
    cr_assert_eq(td_moments_mean(&m), -2);
    cr_assert_eq(td_moments_variance(&m), 1);
    m = moments_of(4, times);
    cr_assert_eq(td_moments_mean(&m), 0);
}

Test(moments, do_not_depend_on_the_order)
{
    int64_t up[997], mixed[997];
    for (int i = 0; i < 997; i++) {
        up[i] = 880000000 + (int64_t)i * i * 17;
        mixed[i * 10 % 997] = up[i];
    }
    td_moments a = moments_of(997, up), b = moments_of(997, mixed);
    cr_assert(a.sum == b.sum && a.squares == b.squares && a.first == b.first && a.last == b.last);
    cr_assert_eq(td_moments_variance(&a), td_moments_variance(&b));
}

Test(moments, of_nothing_are_zero)
{
    td_moments m = {0};
    cr_assert_eq(td_moments_mean(&m), 0);
    cr_assert_eq(td_moments_variance(&m), 0);
}
