/* Compares, and collects what the configuration lacks. */
#include "eval/popularity_hint.h"

#include "base/log.h"
#include "base/memory.h"
#include "eval/metric.h"
#include "model/task.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The value of a system that is of the same metric as of, NULL for none. */
static const td_metric_value *value_of(size_t count, const td_metric_value *value,
                                       const char *system, const td_metric_value *of)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value[i].system, system) == 0 && td_metric_is_same(&value[i], of))
            return &value[i];
    return NULL;
}

const td_metric_value *td_first_of_lists(size_t count, const td_metric_value *value)
{
    const td_metric_value *model = NULL;
    for (size_t i = 0; i < count; i++) {
        const td_metric_value *v = &value[i];
        if (!v->is_of_model || !v->is_ranked || !v->is_mean)
            continue;
        if (!model || (strcmp(v->metric, model->metric) == 0 && v->k > model->k))
            model = v;
    }
    return model;
}

const td_metric_value *td_below_popularity(size_t count, const td_metric_value *value,
                                           const td_metric_value **popularity)
{
    const td_metric_value *model = td_first_of_lists(count, value);
    *popularity = model ? value_of(count, value, "popularity", model) : NULL;
    return *popularity && model->value < (*popularity)->value ? model : NULL;
}

/* The query's first history; NULL without. */
static const td_feature_config *history_of(const td_config *config)
{
    for (size_t i = 0; i < config->query_features.count; i++) {
        const td_feature_config *f = td_config_feature(config, config->query_features.name[i]);
        if (f && f->encoder == TD_ENCODER_HISTORY)
            return f;
    }
    return NULL;
}

/* Adds a cure after those that are there. */
static void add(char **cures, const char *cure)
{
    char *longer = td_print_text("%s%s%s", *cures, **cures ? "; " : "", cure);
    td_free(*cures);
    *cures = longer;
}

/* Whether what is asked came later than all training rows; of data without times nothing did. */
static bool asks_later(const td_feature_config *history, const td_evaluation_counts *counts)
{
    return history->which == TD_WHICH_BEFORE && counts->rows > 0 && counts->older_rows == 0;
}

/* What those want who are new, or who come back later: a text for the end of a sentence, which the
 * caller frees with td_free. */
static char *for_later(const td_config *config, const td_evaluation_counts *counts)
{
    const td_feature_config *history = history_of(config);
    const bool are_new = 2 * counts->new_users > counts->users;
    if (!history || history->dropout > 0 || !(are_new || asks_later(history, counts)))
        return td_copy_text("");
    return td_print_text("; for users who are new, %" PRId64 " of the %" PRId64 " here, or come "
                         "back later, features.%s.dropout=0.5, features.%s.last=0, "
                         "train.half_life=7 and retrieval.temperature=0.7, as "
                         "configs/recipes/events.yaml says",
                         counts->new_users, counts->users, history->name, history->name);
}

char *td_popularity_cure(const td_config *config, const td_evaluation_counts *counts,
                         bool may_improve)
{
    char *cures = td_copy_text("");
    if (!(config->retrieval_weight > 0)) /* as of a warm start that trains a head alone */
        add(&cures, "a retrieval.weight above 0");
    if (!config->retrieval_log_q)
        add(&cures, "retrieval.log_q=negatives");
    if (config->model_normalize == TD_NORMALIZE_NONE)
        add(&cures, "model.normalize=both with retrieval.temperature=0");
    if (!history_of(config))
        add(&cures, "a history among query.features");
    add(&cures, may_improve ? "more train.epochs" : "a lower optimizer.learning_rate");
    add(&cures, "a smaller train.batch_size, so that an epoch has some dozen steps");
    char *more = for_later(config, counts);
    char *sentence =
        td_print_text("usual cures: %s; configs/recipes/implicit.yaml has them all%s", cures, more);
    td_free(cures);
    td_free(more);
    return sentence;
}

/* How much better than a value is clearly so. */
static double margin_of(const td_metric *metric, const td_evaluation_counts *counts, double value)
{
    const double tiny = 0.01, errors = 2;
    if (metric->needs != TD_NEEDS_ITEM_RANKS)
        return tiny * fabs(value);
    const double units = (double)(metric->of_users ? counts->users : counts->rows);
    return errors * sqrt(fmax(value * (1 - value), 0) / fmax(units, 1));
}

const td_metric_value *td_better_baseline(size_t count, const td_metric_value *value,
                                          const td_evaluation_counts *counts,
                                          const td_metric_value *ours)
{
    const td_metric_value *best = NULL;
    if (!ours || isnan(ours->value))
        return NULL;
    const td_metric *metric = td_metric_find(ours->metric);
    const double sign = metric->is_error ? -1 : 1;
    for (size_t i = 0; i < count; i++) {
        const td_metric_value *v = &value[i];
        if (v->is_of_model || strcmp(v->system, "popularity") == 0 || !td_metric_is_same(v, ours))
            continue;
        if (sign * v->value > (best ? sign * best->value : -INFINITY)) /* false for NaN */
            best = v;
    }
    const double margin = best ? margin_of(metric, counts, best->value) : 0;
    return best && sign * (best->value - ours->value) > margin ? best : NULL;
}

char *td_baseline_cure(const td_config *config, const td_evaluation_counts *counts)
{
    char *more = for_later(config, counts);
    char *sentence =
        td_print_text("usual cures: more steps, by fewer rows in a batch (train.batch_size=%" PRId64
                      ") or more epochs (train.epochs=%" PRId64
                      "), above all where data are small; scripts/tune tries settings, and "
                      "docs/choosing-settings.md says which%s",
                      config->train_batch_size, config->train_epochs, more);
    td_free(more);
    return sentence;
}

/* Whether a head, NULL for that of ratings, is trained. */
static bool is_trained(const td_config *config, const char *task)
{
    for (size_t k = 0; k < td_task_count(config); k++) {
        const td_task known = td_task_of(config, k);
        if (known.loss && strcmp(known.name, task ? task : TD_TASK_RATING) == 0)
            return known.weight > 0;
    }
    return false;
}

/* The model's first value of predictions of a head that is trained; NULL without. */
static const td_metric_value *first_of_heads(const td_config *config, size_t count,
                                             const td_metric_value *value)
{
    for (size_t i = 0; i < count; i++)
        if (value[i].is_of_model && value[i].is_mean && !value[i].is_ranked &&
            is_trained(config, value[i].task))
            return &value[i];
    return NULL;
}

static bool warn_below_popularity(const td_config *config, size_t count,
                                  const td_metric_value *value, const td_evaluation_counts *counts)
{
    const td_metric_value *popularity;
    const td_metric_value *model = td_below_popularity(count, value, &popularity);
    if (!model)
        return false;
    char *metric = td_metric_text(model->label, model->k),
         *cure = td_popularity_cure(config, counts, true);
    td_warn("the model is below popularity: %s %.4f of %.4f; %s", metric, model->value,
            popularity->value, cure);
    td_free(metric);
    td_free(cure);
    return true;
}

void td_warn_below_baselines(const td_config *config, bool has_retrieval, size_t count,
                             const td_metric_value *value, const td_evaluation_counts *counts)
{
    if (has_retrieval && warn_below_popularity(config, count, value, counts))
        return;
    const td_metric_value *ours =
        has_retrieval ? td_first_of_lists(count, value) : first_of_heads(config, count, value);
    const td_metric_value *better = td_better_baseline(count, value, counts, ours);
    if (!better)
        return;
    char *metric = td_metric_text(ours->label, ours->k), *cure = td_baseline_cure(config, counts);
    td_warn("the baseline %s is better than the model: %s %.4f, and %.4f of the model; %s",
            better->system, metric, better->value, ours->value, cure);
    td_free(metric);
    td_free(cure);
}
