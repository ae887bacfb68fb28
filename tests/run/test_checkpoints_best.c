/* The best checkpoint, as the metrics know them. */
#include "run/checkpoints.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { COUNT = 4 };

static const int64_t steps[COUNT] = {10, 20, 30, 40};
static td_chosen_by by; /* what chose the last one */

/* Puts an accuracy at k 100 of so many rows, under the settings of this configuration. */
static void put_of(td_split split, td_metrics *metrics, const td_config *config, int64_t step,
                   int64_t rows, double accuracy)
{
    char *settings = td_evaluation_settings(config);
    td_metric_value value = {
        .system = "model", .metric = "top_k_categorical_accuracy", .k = 100, .value = accuracy};
    const td_evaluation evaluation = {
        .split = split, .settings = settings, .counts.rows = rows, .count = 1, .value = &value};
    td_metrics_add(metrics, step, &evaluation);
    td_free(settings);
}

static void put(td_metrics *metrics, const td_config *config, int64_t step, int64_t rows,
                double accuracy)
{
    put_of(TD_TEST, metrics, config, step, rows, accuracy);
}

/* Steps 10, 20, 30 and 40, evaluated on so many rows (below 9: a sample), with an accuracy each. */
static int64_t best_of(const int64_t *rows, const double *accuracy)
{
    td_config config, sampled;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    sampled = config;
    sampled.eval_sample = 5;
    for (int i = 0; i < COUNT; i++)
        put(&metrics, rows[i] < 9 ? &sampled : &config, steps[i], rows[i], accuracy[i]);
    const int64_t best =
        td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by);
    td_metrics_free(&metrics);
    return best;
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
    cr_assert_eq(by.sample, 0);
    cr_assert_eq(best_of((int64_t[COUNT]){90, 5, 5, 5}, (double[COUNT]){NAN, 0.4, 0.9, 0.1}), 30);
    cr_assert_eq(by.sample, 5, "and what a sample chose is said to be chosen so");
}

/* All four by the run's own settings, one or two more without seen items, where all are better. */
Test(checkpoints_best, compares_nothing_under_different_settings)
{
    td_config config, without_seen;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    without_seen = config;
    without_seen.eval_exclude_seen = "train";
    for (int i = 0; i < COUNT; i++)
        put(&metrics, &config, steps[i], 9, i == 1 ? 0.3 : 0.2);
    put(&metrics, &without_seen, 40, 9, 0.9);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 20);
    cr_assert_eq(
        td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &without_seen, &metrics, COUNT, steps, &by), 40,
        "a run's own settings come first");
    without_seen.eval_candidates = TD_CANDIDATES_UNIQUE;
    cr_assert_eq(
        td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &without_seen, &metrics, COUNT, steps, &by), 20,
        "of others' those that know the most checkpoints");
    td_metrics_free(&metrics);
}

/* An evaluation of all rows, which are more, does not choose in the place of those that a run asks.
 */
Test(checkpoints_best, is_by_the_rows_that_the_run_asks)
{
    td_config config, all_rows;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    all_rows = config;
    config.eval_rows = TD_EVAL_ROWS_COLD;
    for (int i = 0; i < COUNT; i++)
        put(&metrics, &config, steps[i], 9, i == 1 ? 0.3 : 0.2);
    put(&metrics, &all_rows, 40, 90, 0.9);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 20);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &all_rows, &metrics, COUNT, steps, &by),
                 40);
    config.eval_candidates = TD_CANDIDATES_COLD;
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 20, "other candidates, but of the same rows");
    cr_assert_eq(by.among, COUNT);
    td_metrics_cut(&metrics, steps[0]);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 steps[0]);
    cr_assert_eq(by.among, 1, "of one evaluation nothing was chosen");
    td_metrics_free(&metrics);
}

/* Fewer rows and checkpoints than of the test, which would choose another. */
Test(checkpoints_best, is_by_validation_rows_where_there_are_any)
{
    td_config config;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    for (int i = 0; i < COUNT; i++)
        put(&metrics, &config, steps[i], 90, i == 1 ? 0.9 : 0.2);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 20);
    cr_assert_eq(by.split, TD_TEST);
    put_of(TD_VALIDATION, &metrics, &config, 30, 9, 0.1);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 30);
    cr_assert_eq(by.split, TD_VALIDATION);
    td_metrics_free(&metrics);
}

/* All four at k 100, one more at k 200. */
Test(checkpoints_best, is_at_the_largest_k_that_most_checkpoints_have)
{
    td_config config;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    for (int i = 0; i < COUNT; i++)
        put(&metrics, &config, steps[i], 9, i == 1 ? 0.3 : 0.2);
    td_metrics_put(&metrics, metrics.table[0].name, "model/top_k_categorical_accuracy", 40, 200,
                   0.9);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 20);
    for (int i = 0; i < COUNT; i++)
        td_metrics_put(&metrics, metrics.table[0].name, "model/top_k_categorical_accuracy",
                       steps[i], 200, i == 2 ? 0.9 : 0.8);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 30);
    td_metrics_free(&metrics);
}

Test(checkpoints_best, is_by_the_measure)
{
    td_config config;
    td_metrics metrics = {0};
    td_config_defaults(&config);
    for (int i = 0; i < COUNT; i++) {
        const double values[COUNT][2] = {{1.2, 8}, {1.1, 7}, {1.3, 6}, {NAN, 9}};
        td_metric_value value = {
            .system = "model", .metric = "root_mean_squared_error", .value = values[i][0]};
        const td_evaluation evaluation = {
            .split = TD_TEST, .settings = "any=1", .counts.rows = 9, .count = 1, .value = &value};
        td_metrics_add(&metrics, steps[i], &evaluation);
        td_metrics_add_loss(&metrics, steps[i], "retrieval", values[i][1]);
    }
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_RMSE, &config, &metrics, COUNT, steps, &by), 20);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_LOSS, &config, &metrics, COUNT, steps, &by), 30);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_ACCURACY, &config, &metrics, COUNT, steps, &by),
                 -1);
    cr_assert_eq(td_checkpoints_best(TD_KEEP_BEST_NONE, &config, &metrics, COUNT, steps, &by), -1);
    td_metrics_free(&metrics);
}

/* Of two tasks the one that is trained decides, and what is evaluated. */
static void assert_measure(const td_config *config, int keep_best, const char *metric,
                           const char *task)
{
    const td_measure measure = td_checkpoints_measure(config, keep_best);
    cr_assert(measure.metric);
    cr_assert_str_eq(measure.metric->name, metric);
    cr_assert(task ? measure.task && strcmp(measure.task, task) == 0 : !measure.task);
}

static td_config config_with(const char *const *set)
{
    td_config config;
    td_config_defaults(&config);
    for (; *set; set++)
        cr_assert_eq(td_config_set(&config, *set), TD_OK, "%s: %s", *set, td_message());
    return config;
}

Test(checkpoints_best, is_by_what_is_trained_unless_it_is_said)
{
    const td_config places = config_with((const char *[]){NULL});
    assert_measure(&places, TD_KEEP_BEST_AUTO, "top_k_categorical_accuracy", NULL);
    assert_measure(&places, TD_KEEP_BEST_NDCG, "ndcg_at_k", NULL);
    const td_config users =
        config_with((const char *[]){"eval.metrics=[coverage_at_k, ndcg_at_k, recall_at_k]", NULL});
    assert_measure(&users, TD_KEEP_BEST_AUTO, "ndcg_at_k", NULL);
    const td_config rating =
        config_with((const char *[]){"rating.enabled=true", "retrieval.weight=0", NULL});
    assert_measure(&rating, TD_KEEP_BEST_AUTO, "root_mean_squared_error", "rating");
    const td_config classes = config_with(
        (const char *[]){"retrieval.weight=0", "eval.metrics=[log_loss]",
                         "tasks.like.label=rating >= 4", "tasks.like.kind=classification", NULL});
    assert_measure(&classes, TD_KEEP_BEST_AUTO, "log_loss", "like");
    assert_measure(&classes, TD_KEEP_BEST_ROW_AUC, "row_auc", "like");
    cr_assert(!td_checkpoints_measure(&places, TD_KEEP_BEST_LOSS).metric);
    cr_assert(!td_checkpoints_measure(&places, TD_KEEP_BEST_NONE).metric);
}

/* Of equals the first is the best; what is under other settings, or of another split, is no
 * evaluation. */
Test(checkpoints_best, so_far_is_by_the_present_settings_alone)
{
    td_config config, other;
    td_metrics metrics = {0};
    const double values[COUNT] = {0.2, 0.3, 0.3, 0.1};
    td_config_defaults(&config);
    other = config;
    other.eval_sample = 5;
    td_best_so_far found = td_checkpoints_best_so_far(&config, &metrics, TD_VALIDATION);
    cr_assert(found.last_step == -1 && found.best_step == -1 && found.since_best == 0);
    put_of(TD_TEST, &metrics, &config, 10, 9, 0.9);
    for (int i = 0; i < COUNT; i++) {
        put_of(TD_VALIDATION, &metrics, &config, steps[i], 9, values[i]);
        put_of(TD_VALIDATION, &metrics, &other, steps[i], 90, 0.1 * i);
    }
    put_of(TD_VALIDATION, &metrics, &config, 50, 9, NAN);
    found = td_checkpoints_best_so_far(&config, &metrics, TD_VALIDATION);
    cr_assert(found.best_step == 20 && found.best == 0.3 && found.since_best == 2);
    cr_assert(found.last_step == 40 && found.last == 0.1 && found.k == 100);
    found = td_checkpoints_best_so_far(&other, &metrics, TD_VALIDATION);
    cr_assert(found.best_step == 40 && found.since_best == 0);
    td_metrics_free(&metrics);
}
