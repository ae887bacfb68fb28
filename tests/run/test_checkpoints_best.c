/* The best checkpoint, as the metrics know them. */
#include "run/checkpoints.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { COUNT = 4 };

/* Steps 10, 20, 30 and 40, evaluated on so many rows, with an accuracy each. */
static int64_t best_of(const int64_t *rows, const double *accuracy)
{
    int64_t steps[COUNT] = {10, 20, 30, 40}, evaluated[COUNT], ks[] = {100};
    double model[COUNT];
    td_config config;
    td_config_defaults(&config);
    memcpy(evaluated, rows, sizeof evaluated);
    memcpy(model, accuracy, sizeof model);
    td_metrics metrics = {.split[TD_TEST] = {.count = COUNT,
                                             .steps = steps,
                                             .rows = evaluated,
                                             .columns = 1,
                                             .ks = ks,
                                             .model = model}};
    return td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps);
}

Test(checkpoints_best, is_the_earliest_of_the_most_accurate)
{
    cr_assert_eq(best_of((int64_t[COUNT]){9, 9, 9, 9}, (double[COUNT]){0.1, 0.3, 0.3, 0.2}), 20);
}

Test(checkpoints_best, is_none_where_nothing_is_known)
{
    cr_assert_eq(best_of((int64_t[COUNT]){9, 9, 9, 9}, (double[COUNT]){NAN, NAN, NAN, NAN}), -1);
}

Test(checkpoints_best, heeds_no_sample_beside_an_evaluation_of_more_rows)
{
    cr_assert_eq(best_of((int64_t[COUNT]){5, 90, 90, 5}, (double[COUNT]){0.9, 0.2, 0.3, 0.8}), 30);
    cr_assert_eq(best_of((int64_t[COUNT]){90, 5, 5, 90}, (double[COUNT]){0.2, 0.9, 0.3, 0.1}), 10);
    cr_assert_eq(best_of((int64_t[COUNT]){90, 5, 5, 5}, (double[COUNT]){NAN, 0.4, 0.9, 0.1}), 30);
}
