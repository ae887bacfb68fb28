/* Rows in bins of what is predicted of them. */
#include "eval/calibration.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(calibration, .timeout = 10);

static td_calibration of_range(double low, double high)
{
    return (td_calibration){"t", low, high, {{0, 0, 0}}};
}

Test(calibration, rows_are_in_the_bin_of_their_prediction)
{
    td_calibration c = of_range(0, 1);
    const float prediction[] = {0.05F, 0.07F, 0.95F, 1.0F, 0.5F};
    const float label[] = {0, 1, 1, 1, 0};
    td_calibration_add(&c, 5, prediction, label);
    cr_assert_eq(c.bin[0].rows, 2);
    cr_assert_eq(c.bin[5].rows, 1);
    cr_assert_eq(c.bin[9].rows, 2, "the upper end is of the last bin");
    cr_assert_float_eq(td_calibration_prediction(&c.bin[0]), 0.06, 2e-5);
    cr_assert_float_eq(td_calibration_label(&c.bin[0]), 0.5, 2e-5);
    cr_assert_float_eq(td_calibration_label(&c.bin[9]), 1, 0);
}

Test(calibration, what_is_beyond_is_in_the_outermost_bins)
{
    td_calibration c = of_range(1, 5);
    const float prediction[] = {-3, 7}, label[] = {2, 4};
    td_calibration_add(&c, 2, prediction, label);
    cr_assert_eq(c.bin[0].rows, 1);
    cr_assert_eq(c.bin[9].rows, 1);
    cr_assert_float_eq(td_calibration_prediction(&c.bin[9]), 7, 0);
}

Test(calibration, what_is_no_number_is_passed_over)
{
    td_calibration c = of_range(0, 1), none = of_range(NAN, NAN);
    const float prediction[] = {NAN, 0.5F, INFINITY}, label[] = {1, NAN, 0};
    td_calibration_add(&c, 3, prediction, label);
    td_calibration_add(&none, 1, (const float[]){0.5F}, (const float[]){0});
    for (int b = 0; b < TD_CALIBRATION_BINS; b++)
        cr_assert(c.bin[b].rows == 0 && none.bin[b].rows == 0);
}
