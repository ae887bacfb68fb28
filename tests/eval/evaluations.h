/* Evaluations of test rows made up for tests of what keeps them. */
#ifndef TESTS_EVAL_EVALUATIONS_H
#define TESTS_EVAL_EVALUATIONS_H

#include "base/log.h"
#include "base/memory.h"
#include "eval/metrics.h"

#include <math.h>

#define ALL_ROWS "test/sample=0"
#define SAMPLE   "test/sample=1"
#define MODEL    "model/top_k_categorical_accuracy"
#define BASELINE "popularity/top_k_categorical_accuracy"
#define RMSE     "model/root_mean_squared_error"
#define MAE      "model/mean_absolute_error"

/* Puts an evaluation of 10 rows, all there are, or of fewer, a sample: accuracies of hits[i] of
 * them at ks.value[i], the baseline's one less, an RMSE unless it is NaN, and half of it for MAE.
 */
static inline void put_evaluation(td_metrics *metrics, int64_t step, int64_t rows, td_int_list ks,
                                  const int64_t *hits, double rmse)
{
    td_metric_value value[8]; /* of two ks at most */
    td_evaluation evaluation = {.split = TD_TEST,
                                .settings = rows == 10 ? "sample=0" : "sample=1",
                                .counts.rows = rows,
                                .value = value};
    TD_ASSERT(ks.count <= 2);
    for (size_t i = 0; i < ks.count; i++)
        for (int baseline = 0; baseline < 2; baseline++)
            value[evaluation.count++] =
                (td_metric_value){.system = baseline ? "popularity" : "model",
                                  .metric = "top_k_categorical_accuracy",
                                  .k = ks.value[i],
                                  .value = (double)(hits[i] - baseline) / (double)rows};
    for (int half = 0; half < 2 && !isnan(rmse); half++)
        value[evaluation.count++] =
            (td_metric_value){.system = "model",
                              .metric = half ? "mean_absolute_error" : "root_mean_squared_error",
                              .value = half ? rmse / 2 : rmse};
    td_metrics_add(metrics, step, &evaluation);
}

/* Puts the losses of an epoch of both tasks. */
static inline void put_losses(td_metrics *metrics, int64_t step, double retrieval, double rating)
{
    td_metrics_add_loss(metrics, step, "retrieval", retrieval);
    td_metrics_add_loss(metrics, step, "rating", rating);
}

/* Tells whether a table has exactly these values of a column at its steps, in their order; k 0 for
 * a column without. */
static inline bool has_values(const td_metrics *metrics, const char *table, const char *column,
                              int64_t k, size_t n, const double *expected)
{
    const td_metrics_table *found = td_metrics_find(metrics, table);
    bool same = found && found->steps == n;
    for (size_t i = 0; i < n && same; i++) {
        const double value = td_metrics_value(found, column, found->step[i], k);
        same = value == expected[i] || (isnan(value) && isnan(expected[i]));
    }
    return same;
}

#endif
