/* Losses per example, and what is said of them. */
#include "run/losses.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static td_config config_of(double retrieval, double rating, bool enabled)
{
    td_config config;
    td_config_defaults(&config);
    config.retrieval_weight = retrieval;
    config.rating_weight = rating;
    config.rating_enabled = enabled;
    return config;
}

static td_losses losses_of(double retrieval, double rating, bool enabled)
{
    const td_config config = config_of(retrieval, rating, enabled);
    const td_exact one = INT64_C(1) << TD_EXACT_TOTAL;
    return td_losses_of(&config, 80 * one, 5 * one / 2, 10); /* means 8 and 0.25 */
}

Test(losses, are_weighted_means)
{
    const td_losses both = losses_of(0.5, 4, true);
    cr_assert(both.retrieval == 8 && both.rating == 0.25 && both.total == 5);
}

Test(losses, of_a_task_that_is_not_trained_are_no_numbers)
{
    const td_losses retrieval = losses_of(2, 1, false), same = losses_of(2, 0, true);
    cr_assert(retrieval.total == 16 && retrieval.retrieval == 8 && isnan(retrieval.rating));
    cr_assert(same.total == 16 && isnan(same.rating));
    const td_losses rating = losses_of(0, 3, true);
    cr_assert(rating.total == 0.75 && isnan(rating.retrieval) && rating.rating == 0.25);
    cr_assert_eq(losses_of(0, 0, true).total, 0);
}

static void assert_text(const td_losses *losses, const char *expected)
{
    char text[TD_LOSSES_TEXT];
    td_losses_text(losses, text);
    cr_assert_str_eq(text, expected);
}

Test(losses, are_told_as_those_that_are_trained)
{
    assert_text(&(td_losses){8.46812, 8.46812, NAN}, "loss 8.4681");
    assert_text(&(td_losses){1.25, NAN, 1.25}, "loss 1.2500");
    assert_text(&(td_losses){9.62, 8.47, 1.15}, "loss 9.6200 (retrieval 8.4700, rating 1.1500)");
}

Test(losses, of_any_size_fit_their_text)
{
    char text[TD_LOSSES_TEXT];
    const td_exact most = INT64_MAX;
    const td_config config = config_of(1e6, 1e6, true);
    const td_losses losses = td_losses_of(&config, most, most, 1);
    td_losses_text(&losses, text);
    cr_assert_eq(text[strlen(text) - 1], ')', "'%s'", text);
}
