/* Metrics of two sources made one: what the first has stays, what it lacks comes from the second.
 */
#include "eval/metrics.h"

#include <criterion/criterion.h>
#include <math.h>

/* Accuracies are hits / 10; the baseline's hits are one less. */
static void add(td_metrics *metrics, int64_t step, td_int_list ks, const int64_t *hits, double rmse)
{
    td_evaluation evaluation = {
        .rows = 10, .ks = ks, .rated = !isnan(rmse), .rmse = rmse, .mae = rmse / 2};
    for (size_t i = 0; i < ks.count; i++) {
        evaluation.hits[i] = hits[i];
        evaluation.popularity_hits[i] = hits[i] - 1;
    }
    td_metrics_add(metrics, TD_TEST, step, &evaluation);
}

static void assert_values(size_t n, const double *found, const double *expected)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(found[i] == expected[i] || (isnan(found[i]) && isnan(expected[i])),
                  "value %zu is %g, not %g", i, found[i], expected[i]);
}

/* Steps 4 and 8 at k 5; then 4 at ks 1 and 5 and 6 at k 1, rated. */
Test(metrics_merge, keeps_what_is_there_and_adds_the_rest)
{
    td_metrics into = {.training = {.count = 0}}, from = {.training = {.count = 0}};
    add(&into, 4, (td_int_list){1, {5}}, (const int64_t[]){2}, NAN);
    add(&into, 8, (td_int_list){1, {5}}, (const int64_t[]){3}, 1.5);
    add(&from, 4, (td_int_list){2, {1, 5}}, (const int64_t[]){1, 9}, 2.5);
    add(&from, 6, (td_int_list){1, {1}}, (const int64_t[]){7}, NAN);
    td_metrics_merge(&into, &from);
    const td_split_metrics *test = &into.split[TD_TEST];
    cr_assert(test->count == 3 && test->columns == 2 && into.split[TD_TRAIN].count == 0);
    cr_assert(test->steps[0] == 4 && test->steps[1] == 6 && test->steps[2] == 8);
    cr_assert(test->ks[0] == 1 && test->ks[1] == 5);
    assert_values(6, test->model, (const double[]){0.1, 0.2, 0.7, NAN, NAN, 0.3});
    assert_values(6, test->popularity, (const double[]){0, 0.1, 0.6, NAN, NAN, 0.2});
    assert_values(3, test->rmse, (const double[]){2.5, NAN, 1.5});
    assert_values(3, test->mae, (const double[]){1.25, NAN, 0.75});
    td_metrics_free(&into);
    td_metrics_free(&from);
}

/* An evaluation of a sample is not filled with another one's values. */
Test(metrics_merge, does_not_mix_evaluations_of_other_rows)
{
    td_metrics into = {.training = {.count = 0}}, from = {.training = {.count = 0}};
    td_evaluation sample = {.rows = 5, .ks = {1, {1}}, .hits = {4}, .popularity_hits = {1}};
    add(&into, 4, (td_int_list){1, {5}}, (const int64_t[]){2}, NAN);
    td_metrics_add(&from, TD_TEST, 4, &sample);
    td_metrics_merge(&into, &from);
    const td_split_metrics *test = &into.split[TD_TEST];
    cr_assert(test->count == 1 && test->columns == 2 && test->rows[0] == 10);
    assert_values(2, test->model, (const double[]){NAN, 0.2});
    td_metrics_free(&into);
    td_metrics_free(&from);
}

Test(metrics_merge, adds_losses_of_epochs_that_are_not_there)
{
    td_metrics into = {.training = {.count = 0}}, from = {.training = {.count = 0}};
    td_metrics_add_losses(&into, 10, 7.5, NAN);
    td_metrics_add_losses(&from, 10, 1, 2);
    td_metrics_add_losses(&from, 5, 8, 3);
    td_metrics_merge(&into, &from);
    cr_assert(into.training.count == 2 && into.training.steps[0] == 5);
    assert_values(2, into.training.retrieval, (const double[]){8, 7.5});
    assert_values(2, into.training.rating, (const double[]){3, NAN});
    td_metrics_free(&into);
    td_metrics_free(&from);
}

Test(metrics_merge, of_none_are_the_others)
{
    td_metrics none = {.training = {.count = 0}}, from = {.training = {.count = 0}};
    add(&from, 4, (td_int_list){1, {5}}, (const int64_t[]){2}, 1.5);
    td_metrics_merge(&from, &none);
    td_metrics_merge(&none, &from);
    for (const td_metrics *both[] = {&none, &from, NULL}, **m = both; *m; m++) {
        const td_split_metrics *test = &(*m)->split[TD_TEST];
        cr_assert(test->count == 1 && test->columns == 1 && test->rows[0] == 10);
        assert_values(1, test->model, (const double[]){0.2});
        assert_values(1, test->rmse, (const double[]){1.5});
    }
    td_metrics_free(&none);
    td_metrics_free(&from);
}
