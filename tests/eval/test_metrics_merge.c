/* Metrics of two sources made one: what the first has stays, what it lacks comes from the second.
 */
#include "evaluations.h"

#include <criterion/criterion.h>

/* Steps 4 and 8 at k 5; then 4 at ks 1 and 5 and 6 at k 1, rated. */
Test(metrics_merge, keeps_what_is_there_and_adds_the_rest)
{
    td_metrics into = {0}, from = {0};
    put_evaluation(&into, 4, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){2},
                   NAN);
    put_evaluation(&into, 8, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){3},
                   1.5);
    put_evaluation(&from, 4, 10, td_int_list_of(2, (const int64_t[]){1, 5}),
                   (const int64_t[]){1, 9}, 2.5);
    put_evaluation(&from, 6, 10, td_int_list_of(1, (const int64_t[]){1}), (const int64_t[2]){7},
                   NAN);
    td_metrics_merge(&into, &from);
    cr_assert(into.count == 1 && into.table[0].ks == 2);
    cr_assert(into.table[0].step[0] == 4 && into.table[0].step[1] == 6 &&
              into.table[0].step[2] == 8);
    cr_assert(has_values(&into, ALL_ROWS, MODEL, 1, 3, (const double[]){0.1, 0.7, NAN}));
    cr_assert(has_values(&into, ALL_ROWS, MODEL, 5, 3, (const double[]){0.2, NAN, 0.3}));
    cr_assert(has_values(&into, ALL_ROWS, BASELINE, 1, 3, (const double[]){0, 0.6, NAN}));
    cr_assert(has_values(&into, ALL_ROWS, BASELINE, 5, 3, (const double[]){0.1, NAN, 0.2}));
    cr_assert(has_values(&into, ALL_ROWS, RMSE, 0, 3, (const double[]){2.5, NAN, 1.5}));
    cr_assert(has_values(&into, ALL_ROWS, MAE, 0, 3, (const double[]){1.25, NAN, 0.75}));
    td_metrics_free(&into);
    td_metrics_free(&from);
}

/* An evaluation of a sample stands beside one of all rows, and neither fills the other's gaps. */
Test(metrics_merge, does_not_mix_evaluations_under_other_settings)
{
    td_metrics into = {0}, from = {0};
    put_evaluation(&into, 4, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){2},
                   NAN);
    put_evaluation(&from, 4, 5, td_int_list_of(1, (const int64_t[]){1}), (const int64_t[2]){4},
                   NAN);
    td_metrics_merge(&into, &from);
    cr_assert(into.count == 2);
    cr_assert(has_values(&into, ALL_ROWS, TD_ROWS_COLUMN, 0, 1, (const double[]){10}));
    cr_assert(has_values(&into, ALL_ROWS, MODEL, 1, 1, (const double[]){NAN}));
    cr_assert(has_values(&into, ALL_ROWS, MODEL, 5, 1, (const double[]){0.2}));
    cr_assert(has_values(&into, SAMPLE, TD_ROWS_COLUMN, 0, 1, (const double[]){5}));
    cr_assert(has_values(&into, SAMPLE, MODEL, 1, 1, (const double[]){0.8}));
    cr_assert(has_values(&into, SAMPLE, MODEL, 5, 1, (const double[]){NAN}));
    td_metrics_free(&into);
    td_metrics_free(&from);
}

Test(metrics_merge, adds_losses_of_epochs_that_are_not_there)
{
    td_metrics into = {0}, from = {0};
    put_losses(&into, 10, 7.5, NAN);
    put_losses(&from, 10, 1, 2);
    put_losses(&from, 5, 8, 3);
    td_metrics_merge(&into, &from);
    const td_metrics_table *training = td_metrics_find(&into, TD_TRAINING_TABLE);
    cr_assert(training->steps == 2 && training->step[0] == 5);
    cr_assert(
        has_values(&into, TD_TRAINING_TABLE, "retrieval_loss", 0, 2, (const double[]){8, 7.5}));
    cr_assert(has_values(&into, TD_TRAINING_TABLE, "rating_loss", 0, 2, (const double[]){3, NAN}));
    td_metrics_free(&into);
    td_metrics_free(&from);
}

Test(metrics_merge, of_none_are_the_others)
{
    td_metrics none = {0}, from = {0};
    put_evaluation(&from, 4, 10, td_int_list_of(1, (const int64_t[]){5}), (const int64_t[2]){2},
                   1.5);
    td_metrics_merge(&from, &none);
    td_metrics_merge(&none, &from);
    for (const td_metrics *both[] = {&none, &from, NULL}, **m = both; *m; m++) {
        cr_assert((*m)->count == 1 && (*m)->table[0].ks == 1);
        cr_assert(has_values(*m, ALL_ROWS, TD_ROWS_COLUMN, 0, 1, (const double[]){10}));
        cr_assert(has_values(*m, ALL_ROWS, MODEL, 5, 1, (const double[]){0.2}));
        cr_assert(has_values(*m, ALL_ROWS, RMSE, 0, 1, (const double[]){1.5}));
    }
    td_metrics_free(&none);
    td_metrics_free(&from);
}
