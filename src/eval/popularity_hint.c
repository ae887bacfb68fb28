/* Compares, and collects what the configuration lacks. */
#include "eval/popularity_hint.h"

#include "base/log.h"
#include "base/memory.h"

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

const td_metric_value *td_below_popularity(size_t count, const td_metric_value *value,
                                           const td_metric_value **popularity)
{
    const td_metric_value *model = NULL;
    for (size_t i = 0; i < count; i++) {
        const td_metric_value *v = &value[i];
        if (!v->is_of_model || !v->is_ranked || !v->is_mean)
            continue;
        if (!model || (strcmp(v->metric, model->metric) == 0 && v->k > model->k))
            model = v;
    }
    *popularity = model ? value_of(count, value, "popularity", model) : NULL;
    return *popularity && model->value < (*popularity)->value ? model : NULL;
}

static bool has_history(const td_config *config)
{
    for (size_t i = 0; i < config->query_features.count; i++) {
        const td_feature_config *f = td_config_feature(config, config->query_features.name[i]);
        if (f && f->encoder == TD_ENCODER_HISTORY)
            return true;
    }
    return false;
}

/* Adds a cure after those that are there. */
static void add(char **cures, const char *cure)
{
    char *longer = td_print_text("%s%s%s", *cures, **cures ? "; " : "", cure);
    td_free(*cures);
    *cures = longer;
}

char *td_popularity_cure(const td_config *config, bool may_improve)
{
    char *cures = td_copy_text("");
    if (!config->retrieval_log_q)
        add(&cures, "retrieval.log_q=all");
    if (config->model_normalize == TD_NORMALIZE_NONE)
        add(&cures, "model.normalize=both with retrieval.temperature=0.15");
    if (!has_history(config))
        add(&cures, "a history among query.features");
    add(&cures, may_improve ? "more train.epochs" : "a lower optimizer.learning_rate");
    add(&cures, "a smaller train.batch_size, so that an epoch has some dozen steps");
    char *sentence =
        td_print_text("usual cures: %s; configs/recipes/implicit.yaml has them all", cures);
    td_free(cures);
    return sentence;
}

void td_warn_below_popularity(const td_config *config, size_t count, const td_metric_value *value)
{
    const td_metric_value *popularity;
    const td_metric_value *model = td_below_popularity(count, value, &popularity);
    if (!model || config->retrieval_weight <= 0)
        return;
    char *metric = td_metric_text(model->label, model->k), *cure = td_popularity_cure(config, true);
    td_warn("the model is below popularity: %s %.4f of %.4f; %s", metric, model->value,
            popularity->value, cure);
    td_free(metric);
    td_free(cure);
}
