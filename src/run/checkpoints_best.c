/* The best checkpoint: which metric decides (checkpoint.keep_best), under which settings its values
 * compare, and what training's own evaluations say by it. */
#include "run/checkpoints.h"

#include "base/log.h"
#include "base/memory.h"
#include "eval/systems.h"
#include "model/task.h"
#include "run/losses.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The metrics of the choices of checkpoint.keep_best that name one. */
static const char *const measured_by[] = {
    [TD_KEEP_BEST_ACCURACY] = TD_METRIC_ACCURACY,
    [TD_KEEP_BEST_RMSE] = TD_METRIC_RMSE,
    [TD_KEEP_BEST_MAE] = "mean_absolute_error",
    [TD_KEEP_BEST_RECALL] = "recall_at_k",
    [TD_KEEP_BEST_NDCG] = "ndcg_at_k",
    [TD_KEEP_BEST_RECALL_MIN] = "recall_min_at_k",
    [TD_KEEP_BEST_HIT_RATE] = "hit_rate_at_k",
    [TD_KEEP_BEST_MRR] = "mrr_at_k",
    [TD_KEEP_BEST_MAP_MIN] = "map_min_at_k",
    [TD_KEEP_BEST_AUC] = TD_METRIC_AUC,
    [TD_KEEP_BEST_LOG_LOSS] = "log_loss",
    [TD_KEEP_BEST_ROW_AUC] = "row_auc",
};

static bool is_of_predictions(const td_metric *metric)
{
    return (metric->needs & (TD_NEEDS_PREDICTIONS | TD_NEEDS_PROBABILITIES)) != 0;
}

static bool is_evaluated(const td_config *config, const char *metric)
{
    for (size_t i = 0; i < config->eval_metrics.count; i++)
        if (strcmp(config->eval_metrics.name[i], metric) == 0)
            return true;
    return false;
}

/* The first head that is trained, or any if none is, whose predictions a metric is of. */
static const char *task_of(const td_config *config, const td_metric *metric)
{
    const char *found = TD_TASK_RATING;
    const bool is_of_classes = metric->needs & TD_NEEDS_PROBABILITIES;
    for (size_t k = td_task_count(config); k-- > 0;) {
        const td_task task = td_task_of(config, k);
        if (task.loss && task.loss->is_of_classes == is_of_classes && task.weight > 0)
            found = task.name;
    }
    return found;
}

static td_measure measure_by(const td_config *config, const char *name)
{
    const td_metric *metric = td_metric_find(name);
    return (td_measure){metric, is_of_predictions(metric) ? task_of(config, metric) : NULL};
}

/* The first of two metrics that is evaluated; NULL: neither is. */
static const char *either(const td_config *config, const char *first, const char *second)
{
    if (is_evaluated(config, first))
        return first;
    return is_evaluated(config, second) ? second : NULL;
}

/* The accuracy, or the first metric of users' or rows' places that is evaluated. */
static const char *automatic_of_places(const td_config *config)
{
    if (is_evaluated(config, TD_METRIC_ACCURACY))
        return TD_METRIC_ACCURACY;
    for (size_t i = 0; i < config->eval_metrics.count; i++) {
        const td_metric *metric = td_metric_find(config->eval_metrics.name[i]);
        if (metric->needs == TD_NEEDS_ITEM_RANKS)
            return metric->name;
    }
    return NULL;
}

/* By the first task that is trained and of which anything is evaluated. */
static td_measure automatic(const td_config *config)
{
    for (size_t k = 0; k < td_task_count(config); k++) {
        const td_task task = td_task_of(config, k);
        const char *metric = NULL;
        if (task.weight <= 0)
            continue;
        if (!task.loss)
            metric = automatic_of_places(config);
        else if (task.loss->is_of_classes)
            metric = either(config, "log_loss", "row_auc");
        else
            metric = either(config, TD_METRIC_RMSE, "mean_absolute_error");
        if (metric)
            return (td_measure){td_metric_find(metric), task.loss ? task.name : NULL};
    }
    return measure_by(config, TD_METRIC_ACCURACY);
}

td_measure td_checkpoints_measure(const td_config *config, int keep_best)
{
    if (keep_best == TD_KEEP_BEST_AUTO)
        return automatic(config);
    if (keep_best == TD_KEEP_BEST_NONE || keep_best == TD_KEEP_BEST_LOSS)
        return (td_measure){NULL, NULL};
    return measure_by(config, measured_by[keep_best]);
}

const char *td_measure_named_task(const td_measure *measure)
{
    const char *task = measure->task;
    return task && strcmp(task, TD_TASK_RATING) != 0 ? task : NULL;
}

/* The model's column of a measure in tables of metrics; the caller frees it. */
static char *column_of(const td_measure *measure)
{
    char *name = td_metric_name(td_measure_named_task(measure), measure->metric->name, 0);
    char *column = td_print_text("%s/%s", td_all_systems[0].name, name);
    td_free(name);
    return column;
}

/* The rows are the same for every checkpoint, but few. */
static void say_sample(const td_config *config, const td_data_info *info)
{
    const td_split split = info->rows[TD_VALIDATION] > 0 ? TD_VALIDATION : TD_TEST;
    if (config->eval_sample > 0 && config->eval_sample < info->rows[split])
        td_log(
            "eval.sample: %" PRId64 " of %" PRId64
            " %s rows choose the best checkpoint, the same ones each time; what they do not tell "
            "apart is chosen by chance",
            config->eval_sample, info->rows[split], td_split_name(split));
}

/* What early stopping needs besides. */
static td_status check_patience(const td_config *config, const td_data_info *info)
{
    if (config->train_patience == 0 || info->rows[TD_VALIDATION] > 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: train.patience needs validation rows, of which %s; "
                   "set train.patience=0 to train all epochs",
                   config->train_rows == TD_ROWS_TRAIN
                       ? "the data have none: prepare with --validation-fraction"
                       : "train.rows leaves none");
}

td_status td_checkpoints_check(const td_config *config, const td_data_info *info)
{
    const td_measure measure = td_checkpoints_measure(config, config->checkpoint_keep_best);
    TD_TRY(check_patience(config, info));
    if (!measure.metric || config->eval_every_epochs == 0)
        return TD_OK;
    if (info->rows[TD_VALIDATION] == 0 && info->rows[TD_TEST] > 0)
        td_log("the data have no validation rows, so the test rows choose the best checkpoint, "
               "whose numbers on them then flatter");
    say_sample(config, info);
    if (is_evaluated(config, measure.metric->name))
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: checkpoint.keep_best goes by %s, which eval.metrics lacks: add "
                   "it there, or set checkpoint.keep_best=none",
                   measure.metric->name);
}

/* The values of a table that the best checkpoint may be chosen by. */
typedef struct {
    const td_metrics_table *table;
    int64_t k;     /* the largest that the most checkpoints have; 0 for a metric without */
    double rows;   /* that were evaluated */
    bool is_alike; /* of the rows that its eval.rows asks */
    bool is_own;   /* under the settings of the run's configuration */
    size_t known;  /* how many of the checkpoints have such a value */
} choice;

static bool is_rather(const choice *a, const choice *b)
{
    if (a->known == 0 || b->known == 0)
        return a->known > b->known;
    if (a->is_alike != b->is_alike)
        return a->is_alike;
    if (a->rows != b->rows)
        return a->rows > b->rows;
    return a->is_own != b->is_own ? a->is_own : a->known > b->known;
}

static size_t count_known(const td_metrics_table *table, const char *column, int64_t k,
                          size_t count, const int64_t *steps)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(td_metrics_value(table, column, steps[i], k)))
            known++;
    return known;
}

/* What settings say of eval.rows, which they end with; "" of all rows. */
static const char *rows_asked(const char *settings)
{
    const char *at = strstr(settings, ",rows=");
    return at ? at : "";
}

static choice choice_of(const td_metrics_table *table, const char *column, bool has_k,
                        const char *own, size_t count, const int64_t *steps)
{
    choice c = {.table = table,
                .is_alike = strcmp(rows_asked(table->name), rows_asked(own)) == 0,
                .is_own = strcmp(table->name, own) == 0};
    for (size_t i = 0; i < count; i++)
        c.rows = fmax(c.rows, td_metrics_value(table, TD_ROWS_COLUMN, steps[i], 0));
    for (size_t i = 0; i < (has_k ? table->ks : 1); i++) {
        const int64_t k = has_k ? table->k[i] : 0;
        const size_t known = count_known(table, column, k, count, steps);
        if (known >= c.known) {
            c.known = known;
            c.k = k;
        }
    }
    return c;
}

/* The table of a split that decides: values under different settings do not compare, so it is that
 * of the run's own eval.rows, then of the most rows; of equals the one under the run's own
 * settings, then that of the most checkpoints. */
static choice choose_table(const td_metric *metric, const td_config *config,
                           const td_metrics *metrics, td_split split, const char *column,
                           size_t count, const int64_t *steps)
{
    const size_t length = strlen(td_split_name(split)) + 1;
    char own[256], *settings = td_evaluation_settings(config);
    choice best = {.table = NULL};
    snprintf(own, sizeof own, "%s/%s", td_split_name(split), settings);
    for (size_t t = 0; t < metrics->count; t++) {
        const choice c = choice_of(&metrics->table[t], column, metric->has_k, own, count, steps);
        if (strncmp(c.table->name, own, length) == 0 && is_rather(&c, &best))
            best = c;
    }
    td_free(settings);
    return best;
}

/* The eval.sample of a table's settings. */
static int64_t sample_of(const td_metrics_table *table)
{
    static const char key[] = "sample=";
    const char *at = table ? strstr(table->name, key) : NULL;
    return at ? strtoll(at + sizeof key - 1, NULL, 10) : 0;
}

/* Sets value (count) to the model's of a metric, NaN where unknown, on validation rows if any
 * checkpoint was evaluated on them; returns what it is of. */
static td_chosen_by read_evaluations(const td_measure *measure, const td_config *config,
                                     const td_metrics *metrics, size_t count, const int64_t *steps,
                                     double *value)
{
    const td_metric *metric = measure->metric;
    char *column = column_of(measure);
    td_split split = TD_VALIDATION;
    choice best = choose_table(metric, config, metrics, split, column, count, steps);
    if (best.known == 0) {
        split = TD_TEST;
        best = choose_table(metric, config, metrics, split, column, count, steps);
    }
    for (size_t i = 0; i < count; i++)
        value[i] = td_metrics_value(best.table, column, steps[i], best.k);
    td_chosen_by by = {split, sample_of(best.table), 0};
    for (size_t i = 0; best.table && i < best.table->steps; i++)
        by.among += !isnan(td_metrics_value(best.table, column, best.table->step[i], best.k));
    td_free(column);
    return by;
}

int64_t td_checkpoints_best(int keep_best, const td_config *config, const td_metrics *metrics,
                            size_t count, const int64_t *steps, td_chosen_by *by)
{
    int64_t best = -1;
    double *value = TD_NEW(double, count), least = INFINITY;
    const td_measure measure = td_checkpoints_measure(config, keep_best);
    const double sign = measure.metric && !measure.metric->is_error ? -1 : 1;
    *by = (td_chosen_by){TD_TRAIN, 0, (int64_t)count};
    for (size_t i = 0; i < count && keep_best == TD_KEEP_BEST_LOSS; i++)
        value[i] = td_losses_recorded(config, metrics, steps[i]);
    if (measure.metric)
        *by = read_evaluations(&measure, config, metrics, count, steps, value);
    for (size_t i = 0; i < count && keep_best != TD_KEEP_BEST_NONE; i++)
        if (sign * value[i] < least) { /* false for NaN */
            least = sign * value[i];
            best = steps[i];
        }
    td_free(value);
    return best;
}

/* The table of training's own evaluations; NULL if there was none. */
static const td_metrics_table *own_table(const td_config *config, const td_metrics *metrics,
                                         td_split split)
{
    char *settings = td_evaluation_settings(config);
    char *name = td_print_text("%s/%s", td_split_name(split), settings);
    const td_metrics_table *table = td_metrics_find(metrics, name);
    td_free(settings);
    td_free(name);
    return table;
}

td_best_so_far td_checkpoints_best_so_far(const td_config *config, const td_metrics *metrics,
                                          td_split split)
{
    td_best_so_far so_far = {
        .measure = td_checkpoints_measure(config, config->checkpoint_keep_best),
        .split = split,
        .last_step = -1,
        .last = NAN,
        .best_step = -1,
        .best = NAN,
    };
    const td_metric *metric = so_far.measure.metric;
    const td_metrics_table *table = own_table(config, metrics, split);
    if (!metric || !table)
        return so_far;
    so_far.k = metric->has_k ? config->eval_ks.value[config->eval_ks.count - 1] : 0;
    const double sign = metric->is_error ? -1 : 1;
    char *column = column_of(&so_far.measure);
    for (size_t i = 0; i < table->steps; i++) {
        const double value = td_metrics_value(table, column, table->step[i], so_far.k);
        if (isnan(value)) /* of other ks, or no number */
            continue;
        so_far.last_step = table->step[i];
        so_far.last = value;
        so_far.since_best++;
        if (so_far.best_step >= 0 && sign * value <= sign * so_far.best)
            continue;
        so_far.best_step = table->step[i];
        so_far.best = value;
        so_far.since_best = 0;
    }
    td_free(column);
    return so_far;
}
