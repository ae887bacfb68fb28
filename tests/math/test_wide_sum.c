/* Sums whose order cannot matter, of terms of any size. */
#include "math/wide_sum.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(wide_sum, is_close_to_the_sum)
{
    td_wide sum = {{0}};
    for (int i = 1; i <= 1000; i++)
        td_wide_add(&sum, 1.0 / i);
    cr_assert_float_eq(td_wide_value(&sum), 7.485470860550345, 1e-6);
    td_wide_add(&sum, -7.485470860550345);
    cr_assert_float_eq(td_wide_value(&sum), 0, 1e-5);
}

/* From the smallest to the largest, the other way round, and in two parts: the same bits. */
Test(wide_sum, does_not_depend_on_the_order)
{
    td_wide up = {{0}}, down = {{0}}, parts[2] = {{{0}}, {{0}}};
    for (int i = 0; i < 400; i++) {
        td_wide_add(&up, ldexp(1.0 + i / 3.0, i - 200));
        td_wide_add(&down, ldexp(1.0 + (399 - i) / 3.0, 399 - i - 200));
        td_wide_add(&parts[i % 2], ldexp(1.0 + i / 3.0, i - 200));
    }
    td_wide_merge(1, &parts[1], &parts[0]);
    cr_assert_eq(memcmp(&up, &down, sizeof up), 0);
    cr_assert_eq(memcmp(&up, &parts[0], sizeof up), 0);
    cr_assert_float_eq(td_wide_value(&up) / ldexp(1.0 + 399 / 3.0, 199), 2, 0.01);
}

Test(wide_sum, takes_terms_beyond_its_bins)
{
    td_wide none = {{0}}, most = {{0}};
    td_wide_add(&none, 0);
    td_wide_add(&none, 1e-300);
    cr_assert_eq(td_wide_value(&none), 0);
    td_wide_add(&most, INFINITY);
    td_wide_add(&most, 1e300);
    cr_assert_float_eq(td_wide_value(&most) / ldexp(1, 257), 1, 1e-6);
}
