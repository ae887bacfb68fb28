/* Losses of a head by hand, and their slopes against finite differences. */
#include "model/loss.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(loss, of_squares_is_by_hand)
{
    const td_loss *mse = td_loss_find("mse");
    cr_assert_eq(mse->value(3, 5, 1), 4);
    cr_assert_eq(mse->slope(3, 5, 1), -4);
}

Test(loss, of_errors_beyond_delta_is_linear)
{
    const td_loss *huber = td_loss_find("huber");
    cr_assert_eq(huber->value(3, 5, 4), 2, "a square: 2 * 2 / 2");
    cr_assert_eq(huber->slope(3, 5, 4), -2);
    cr_assert_eq(huber->value(3, 5, 0.5F), 0.875F, "a line: 0.5 * (2 - 0.25)");
    cr_assert_eq(huber->slope(3, 5, 0.5F), -0.5F);
    cr_assert_eq(huber->slope(6, 5, 0.5F), 0.5F);
    cr_assert_eq(huber->value(6, 5, 1), 0.5F, "at delta both are one");
    cr_assert(isnan(huber->value(NAN, 1, 1)) && isnan(huber->slope(NAN, 1, 1)));
}

Test(loss, of_probabilities_is_by_hand)
{
    const td_loss *bce = td_loss_find("bce");
    const struct {
        float p, y;
        double value, slope;
    } cases[] = {
        {0, 1, 0.69314718, -0.5},           {0, 0, 0.69314718, 0.5},
        {2, 0, 2.12692801, 0.88079708},     {2, 1, 0.12692801, -0.11920292},
        {-2, 1, 2.12692801, -0.88079708},   {-2, 0, 0.12692801, 0.11920292},
        {1, 0.25F, 1.06326169, 0.48105858},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_float_eq(bce->value(cases[i].p, cases[i].y, 1), cases[i].value, 3e-7, "case %zu",
                           i);
        cr_assert_float_eq(bce->slope(cases[i].p, cases[i].y, 1), cases[i].slope, 1e-7, "case %zu",
                           i);
    }
    cr_assert_eq(bce->value(1000, 0, 1), 1000, "no overflow");
    cr_assert_eq(bce->value(-1000, 1, 1), 1000);
    cr_assert_eq(bce->slope(-1000, 0, 1), 0);
    cr_assert(isnan(bce->value(NAN, 1, 1)) && isnan(bce->slope(NAN, 1, 1)), "the step stops at it");
}

Test(loss, slopes_are_those_of_the_values)
{
    const char *const names[] = {"mse", "huber", "bce"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (int i = -30; i <= 30; i++) {
            const td_loss *loss = td_loss_find(names[n]);
            const float p = (float)i / 7, h = 0.01F;
            const double by_values =
                ((double)loss->value(p + h, 1, 0.5F) - (double)loss->value(p - h, 1, 0.5F)) / 0.02;
            cr_assert_float_eq(loss->slope(p, 1, 0.5F), by_values, 6e-3, "%s at %g", names[n],
                               (double)p);
        }
    char all[64];
    td_loss_names(sizeof all, all);
    cr_assert_str_eq(all, "mse, huber, bce");
    cr_assert_null(td_loss_find("hinge"));
}

Test(loss, a_bias_starts_where_a_constant_is_best)
{
    cr_assert_eq(td_loss_find("mse")->start(3.5F), 3.5F);
    cr_assert_float_eq(td_loss_find("bce")->start(0.75F), log(3), 1e-6);
    cr_assert_eq(td_loss_find("bce")->start(1), 0);
}
