/* What evaluations must have in common to be compared, and what a configuration may ask of data. */
#include "base/memory.h"
#include "eval/embedding.h"
#include "eval/evaluation.h"
#include "eval/groups.h"
#include "eval/metric.h"
#include "eval/seen_items.h"
#include "eval/systems.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *td_settings_of(const td_config *config, const char *const *keys)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    for (size_t i = 0; keys[i]; i++) {
        char *value = td_config_value(config, keys[i]);
        fprintf(stream, "%s%s=%s", i > 0 ? "," : "", strchr(keys[i], '.') + 1, value);
        td_free(value);
    }
    td_text_writer_close(stream);
    return text;
}

/* A condition of exclude_seen is told by a digest. */
char *td_evaluation_settings(const td_config *config)
{
    static const char *const candidates[] = {"eval.candidates", NULL};
    static const char *const others[] = {"eval.repeats", "eval.sample", "eval.ties", NULL};
    char *first = td_settings_of(config, candidates), *rest = td_settings_of(config, others);
    char *seen = td_seen_rule_name(config->eval_exclude_seen);
    static const char *const rows[] = {"", ",rows=cold", ",rows=trained"};
    static const char *const boosts[] = {"candidate.new_item_boost", NULL};
    char *boost = td_settings_of(config, boosts);
    char *settings = td_print_text(
        "%s,exclude_seen=%s,%s%s%s%s%s", first, seen, rest, config->eval_clip ? ",clip=true" : "",
        config->candidate_new_item_boost != 0 ? "," : "",
        config->candidate_new_item_boost != 0 ? boost : "", rows[config->eval_rows]);
    td_free(boost);
    td_free(first);
    td_free(rest);
    td_free(seen);
    return settings;
}

/* Whether the data say which items are alive at which row's time. */
static td_status check_alive(const td_schema *schema)
{
    const td_schema_field *time = td_schema_with_role(schema, TD_ROLE_TIME);
    if (!td_schema_with_role(schema, TD_ROLE_ALIVE_FROM) &&
        !td_schema_with_role(schema, TD_ROLE_ALIVE_UNTIL))
        return td_fail(TD_ERR_CONFIG,
                       "eval.candidates: alive needs a field of items with the role alive_from or "
                       "alive_until, which the data have not; name other candidates");
    if (!time)
        return td_fail(TD_ERR_CONFIG, "eval.candidates: alive needs times of the rows, which the "
                                      "data have not; name other candidates");
    if (time->missing > 0)
        return td_fail(TD_ERR_CONFIG,
                       "eval.candidates: alive needs a time of every row, but %s is missing in "
                       "%" PRId64 "; leave these out (prepare --where), or name other candidates",
                       time->name, time->missing);
    return TD_OK;
}

/* C: whether there is an item without training rows. */
static td_status check_cold(td_dataset *data)
{
    int32_t *weight;
    bool any = false;
    TD_TRY(td_candidates_count(data, TD_CANDIDATES_COLD, &weight));
    for (int64_t i = 1; i <= td_dataset_info(data)->items; i++)
        any = any || weight[i] > 0;
    td_free(weight);
    if (any)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "eval.candidates: cold needs items without training rows, which the data have "
                   "not (prepare --split items makes some); name other candidates");
}

/* C */
static td_status check_systems(td_dataset *data, const td_config *config)
{
    for (size_t s = 0; s < config->eval_systems.count; s++) {
        const td_system *system = td_system_find(config->eval_systems.name[s]);
        if (system->check)
            TD_TRY(system->check(data, config));
    }
    return TD_OK;
}

static bool has_system(const td_config *config, const char *name)
{
    for (size_t s = 0; s < config->eval_systems.count; s++)
        if (strcmp(config->eval_systems.name[s], name) == 0)
            return true;
    return false;
}

/* Whether anything is predicted that a metric is of: by heads of the model, and of labels of the
 * data, which it may have none for, by biases. */
static bool is_predicted(const td_config *config, const td_targets *targets, int needs)
{
    for (size_t t = 0; t < targets->count; t++) {
        const td_target *target = &targets->target[t];
        const int met = target->loss->is_of_classes ? TD_NEEDS_PROBABILITIES : TD_NEEDS_PREDICTIONS;
        if ((needs & met) && (target->has_head || has_system(config, "biases")))
            return true;
    }
    return false;
}

static td_status check_metrics(const td_dataset *data, const td_config *config)
{
    td_targets targets = td_targets_find(config, NULL, data);
    bool any = false;
    for (size_t m = 0; m < config->eval_metrics.count; m++) {
        const int needs = td_metric_find(config->eval_metrics.name[m])->needs;
        any = any || (needs & (TD_NEEDS_ITEM_RANKS | TD_NEEDS_LISTS)) ||
              is_predicted(config, &targets, needs);
    }
    td_targets_free(&targets);
    return any ? TD_OK : td_fail_unmeasured();
}

td_status td_fail_unmeasured(void)
{
    return td_fail(TD_ERR_CONFIG,
                   "eval.metrics names only metrics of predictions that no system has: errors are "
                   "of a rating head or a task of kind regression, log_loss and row_auc of one of "
                   "kind classification; name another");
}

td_status td_evaluation_check(td_dataset *data, const td_config *config)
{
    TD_TRY(td_groups_check(&td_dataset_info(data)->schema, config->eval_by));
    if (config->eval_candidates == TD_CANDIDATES_ALIVE)
        TD_TRY(check_alive(&td_dataset_info(data)->schema));
    if (config->eval_candidates == TD_CANDIDATES_COLD)
        TD_TRY(check_cold(data));
    TD_TRY(check_systems(data, config));
    TD_TRY(check_metrics(data, config));
    return td_seen_rule_check(data, config->eval_exclude_seen);
}
