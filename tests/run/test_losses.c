/* Losses per example, and what is said of them. */
#include "run/losses.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
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

/* The sums of 10 rows: means 8 and 0.25. */
static const td_task_loss sums[] = {{INT64_C(80) << TD_EXACT_TOTAL, 10, 0},
                                    {INT64_C(5) << (TD_EXACT_TOTAL - 1), 10, 0}};

typedef struct {
    double total;
    double retrieval;
    double rating;
} means;

static means means_of(double retrieval, double rating, bool enabled)
{
    const td_config config = config_of(retrieval, rating, enabled);
    const td_losses losses = {&config, sums, NULL};
    return (means){td_losses_total(&losses), td_losses_mean(&losses, 0),
                   enabled ? td_losses_mean(&losses, 1) : NAN};
}

Test(losses, are_weighted_means)
{
    const means both = means_of(0.5, 4, true);
    cr_assert(both.retrieval == 8 && both.rating == 0.25 && both.total == 5);
}

Test(losses, of_a_task_that_is_not_trained_are_no_numbers)
{
    const means retrieval = means_of(2, 1, false), same = means_of(2, 0, true);
    cr_assert(retrieval.total == 16 && retrieval.retrieval == 8 && isnan(retrieval.rating));
    cr_assert(same.total == 16 && isnan(same.rating));
    const means rating = means_of(0, 3, true);
    cr_assert(rating.total == 0.75 && isnan(rating.retrieval) && rating.rating == 0.25);
    cr_assert_eq(means_of(0, 0, true).total, 0);
}

/* Each mean is over the rows that train its task; of a task without rows there is none. */
Test(losses, are_means_over_the_rows_of_their_task)
{
    const td_config config = config_of(1, 2, true);
    const td_task_loss some[] = {{INT64_C(80) << TD_EXACT_TOTAL, 20, 0},
                                 {INT64_C(6) << TD_EXACT_TOTAL, 3, 0}};
    const td_task_loss none[] = {{INT64_C(80) << TD_EXACT_TOTAL, 20, 0}, {0, 0, 0}};
    cr_assert_eq(td_losses_total(&(td_losses){&config, some, NULL}), 8);
    cr_assert_eq(td_losses_total(&(td_losses){&config, none, NULL}), 4);
    td_metrics metrics = {0};
    cr_assert(isnan(td_losses_recorded(&config, &metrics, 5)));
    td_metrics_add_loss(&metrics, 5, "rating", 2);
    cr_assert_eq(td_losses_recorded(&config, &metrics, 5), 4);
    td_metrics_add_loss(&metrics, 5, "retrieval", 4);
    cr_assert_eq(td_losses_recorded(&config, &metrics, 5), 8);
    cr_assert(isnan(td_losses_recorded(&config, &metrics, 6)));
    td_metrics_free(&metrics);
}

/* Of 10,000 rows with these means. */
static void assert_text(double retrieval, double rating, const td_config *config,
                        const char *expected)
{
    const double unit = ldexp(10000, TD_EXACT_TOTAL);
    const td_task_loss losses[] = {{(td_exact)(retrieval * unit), 10000, 0},
                                   {(td_exact)(rating * unit), 10000, 0}};
    char *text = td_losses_text(&(td_losses){config, losses, NULL});
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(losses, are_told_as_those_that_are_trained)
{
    const td_config retrieval = config_of(1, 1, false), rating = config_of(0, 1, true),
                    both = config_of(1, 1, true);
    assert_text(8.46812, 0, &retrieval, "loss 8.4681");
    assert_text(0, 1.25, &rating, "loss 1.2500");
    assert_text(8.47, 1.15, &both, "loss 9.6200 (retrieval 8.4700, rating 1.1500)");
}

Test(losses, are_told_with_the_shares_of_the_gradient)
{
    const double unit = ldexp(1, TD_EXACT_TOTAL), norms[] = {0.3, 0.1, 0.25}, none[] = {0, 0, 0};
    const td_task_loss losses[] = {{(td_exact)(8 * unit), 1, 0}, {(td_exact)unit, 1, 0}};
    const td_config config = config_of(1, 1, true);
    const td_losses known = {&config, losses, norms};
    char *text = td_losses_text(&known);
    cr_assert_str_eq(text, "loss 9.0000 (retrieval 8.0000, rating 1.0000); gradient 0.25 "
                           "(retrieval 75 %, rating 25 %)");
    free(text);
    cr_assert_float_eq(td_losses_share(&known, 1), 0.25, 1e-15);
    cr_assert(isnan(td_losses_share(&(td_losses){&config, losses, none}, 1)));
    cr_assert(isnan(td_losses_share(&(td_losses){&config, losses, NULL}, 1)));
}

Test(losses, of_any_size_fit_their_text)
{
    const td_task_loss most[] = {{INT64_MAX, 1, 0}, {INT64_MAX, 1, 0}};
    const td_config config = config_of(1e6, 1e6, true);
    char *text = td_losses_text(&(td_losses){&config, most, NULL});
    cr_assert_eq(text[strlen(text) - 1], ')', "'%s'", text);
    free(text);
}
