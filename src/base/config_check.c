/* What a configuration's values must be, and be to one another. */
#include "tandem/config.h"

#include "base/config_section.h"
#include "base/config_value.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rate_plan.h"

#include <string.h>

static char *text_of(const td_config_key *key, td_value value)
{
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    td_value_write_one(key, value, stream);
    td_text_writer_close(stream);
    return text;
}

/* Judges the values of a key, whose full name is name, in the struct that has them. */
static td_status check_key(const td_config_key *key, const char *name, const td_config *config,
                           const void *of)
{
    const td_place place = {.where = "configuration"};
    size_t count = td_value_count(key, of);
    if (count > TD_LIST_MOST)
        return td_key_fail(place, key, name, config, "%zu elements", count);
    for (size_t i = 0; i < count; i++) {
        const td_value value = td_value_get(key, of, i);
        if (td_value_fits(key, value) &&
            (key->kind != TD_KEY_NAMES || td_key_knows(key, config, value.text)))
            continue;
        char *text = text_of(key, value);
        td_status status = td_key_fail(place, key, name, config, "%s", text);
        td_free(text);
        return status;
    }
    if (td_value_repeated(key, of) < count)
        return td_key_fail(place, key, name, config, "one twice");
    return TD_OK;
}

static td_status check_section(const td_config_section *section, const td_config *config)
{
    for (size_t i = 0; i < td_section_count(section, config); i++)
        for (size_t k = 0; k < section->key_count; k++) {
            const char *entry_name;
            const td_config_key *key = &section->keys[k];
            const void *entry = td_section_entry(section, config, i, &entry_name);
            const td_config_name name = td_section_key_name(section, entry_name, key->name);
            TD_TRY(check_key(key, name.text, config, entry));
        }
    return TD_OK;
}

static td_status check_not_empty(const char *name, size_t count, const char *such_as)
{
    if (count > 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: %s: expected at least one element, such as %s; "
                   "found an empty list",
                   name, such_as);
}

static td_status check_ks(const td_int_list *ks)
{
    TD_TRY(check_not_empty("eval.ks", ks->count, "[100]"));
    for (size_t i = 1; i < ks->count; i++)
        if (ks->value[i] <= ks->value[i - 1])
            return td_fail(TD_ERR_CONFIG,
                           "configuration: eval.ks: expected ascending values, each once; found "
                           "%lld after %lld",
                           (long long)ks->value[i], (long long)ks->value[i - 1]);
    return TD_OK;
}

/* Of the tasks that are there already, keys of the section that have another place, or none. */
static const struct {
    const char *task, *key, *place;
} elsewhere[] = {
    {"retrieval", "label", "retrieval has none"},
    {"retrieval", "loss", "it is retrieval.loss"},
    {"retrieval", "hidden", "retrieval has no head"},
    {"retrieval", "dropout", "retrieval has no head; query.output_dropout drops of its query"},
    {"retrieval", "input", "retrieval has no head"},
    {"retrieval", "bias", "retrieval has no head; of items it is retrieval.item_bias"},
    {"retrieval", "features", "retrieval has no head; the query tower reads features of rows"},
    {"retrieval", "weight", "it is retrieval.weight"},
    {"rating", "label", "it is the field with the role label"},
    {"rating", "hidden", "it is rating.hidden"},
    {"rating", "dropout", "it is rating.dropout"},
    {"rating", "weight", "it is rating.weight"},
};

static td_status check_own_keys(const td_task_config *task)
{
    const td_config_section *section = &td_config_sections[TD_SECTION_TASKS];
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        for (size_t k = 0; k < section->key_count; k++) {
            const td_config_key *key = &section->keys[k];
            td_task_config standard = {.name = NULL};
            if (strcmp(elsewhere[i].task, task->name) != 0 ||
                strcmp(elsewhere[i].key, key->name) != 0)
                continue;
            td_value_set_standard(key, &standard);
            if (!td_value_equal(key, task, &standard))
                return td_fail(TD_ERR_CONFIG, "configuration: tasks.%s.%s: %s", task->name,
                               key->name, elsewhere[i].place);
        }
    return TD_OK;
}

static td_status check_task(const td_config *config, const td_task_config *task)
{
    const bool is_retrieval = strcmp(task->name, "retrieval") == 0;
    if (task->kind != TD_TASK_AUTO && (task->kind == TD_TASK_RETRIEVAL) != is_retrieval)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: tasks.%s.kind: %s; there is one task of retrieval, of that "
                       "name",
                       task->name, is_retrieval ? "expected retrieval" : "this is a head");
    if (*task->negatives && !is_retrieval)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: tasks.%s.negatives: retrieval alone has negatives; those of "
                       "a head are its rows of label 0",
                       task->name);
    if (td_config_has_task(config, task->name))
        return check_own_keys(task);
    if (!*task->label)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: tasks.%s.label: expected a field of rows or a condition, "
                       "such as \"rating >= 4\"; found nothing",
                       task->name);
    return TD_OK;
}

/* What the data say of it is said of cosines. */
static td_status check_temperature(const td_config *config)
{
    const double found = config->retrieval_temperature;
    if (found == 0 && config->model_normalize != TD_NORMALIZE_BOTH)
        return td_fail(TD_ERR_CONFIG, "configuration: retrieval.temperature: expected a number "
                                      "above 0, since 0, which is by the data, goes with "
                                      "model.normalize both alone");
    if (found != 0 && found < 1e-6)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: retrieval.temperature: expected 0, or a number from 1e-6 to "
                       "1e6, found %g",
                       found);
    return TD_OK;
}

/* The part of the row's own item in bsl and ccl is its score, so that both fall without end as the
 * temperature does. */
static td_status check_learned_temperature(const td_config *config)
{
    if (!config->retrieval_learn_temperature)
        return TD_OK;
    if (config->retrieval_loss == TD_LOSS_BSL || config->retrieval_loss == TD_LOSS_CCL)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: retrieval.learn_temperature: expected false with "
                       "retrieval.loss %s, which falls without end as the temperature does; set "
                       "retrieval.loss to softmax, or choose retrieval.temperature by validation "
                       "rows",
                       config->retrieval_loss == TD_LOSS_BSL ? "bsl" : "ccl");
    if (config->retrieval_temperature == 0 ||
        config->retrieval_least_temperature <= config->retrieval_temperature)
        return TD_OK;
    return td_fail(
        TD_ERR_CONFIG,
        "configuration: retrieval.temperature: expected retrieval.least_temperature, %g, "
        "or more, where it begins to learn; found %g",
        config->retrieval_least_temperature, config->retrieval_temperature);
}

/* It would be learned beside cosines, and be added to products of another size. */
static td_status check_item_bias(const td_config *config)
{
    if (!config->retrieval_item_bias || config->model_normalize != TD_NORMALIZE_TRAINING)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: retrieval.item_bias: expected false with model.normalize "
                   "training, whose products in use are not the cosines that the bias is learned "
                   "beside; set model.normalize to both or none");
}

/* Which of the means' negatives are hard is no question: they have weights. */
static td_status check_retrieval(const td_config *config)
{
    if (config->retrieval_negatives == TD_NEGATIVES_UNIFORM &&
        config->retrieval_uniform_negatives == 0)
        return td_fail(TD_ERR_CONFIG, "configuration: retrieval.uniform_negatives: expected at "
                                      "least 1 with retrieval.negatives uniform, such as 1024; "
                                      "found 0");
    TD_TRY(check_temperature(config));
    TD_TRY(check_learned_temperature(config));
    TD_TRY(check_item_bias(config));
    const bool is_mean =
        config->retrieval_loss == TD_LOSS_CCL || config->retrieval_loss == TD_LOSS_BPR;
    if (!is_mean || config->retrieval_num_hard_negatives == 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: retrieval.num_hard_negatives: expected 0 with "
                                  "retrieval.loss ccl and bpr, which are means over all negatives");
}

/* A head would learn from other embeddings than those that it predicts from. */
static td_status check_normalize(const td_config *config, bool has_heads)
{
    if (config->model_normalize != TD_NORMALIZE_TRAINING || !has_heads)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: model.normalize: training is for retrieval alone, and there is "
                   "a task with a head (rating.enabled, tasks), which would learn from embeddings "
                   "of length 1 and predict from others; expected both or none");
}

static td_status check_tasks(const td_config *config)
{
    bool has_heads = config->rating_enabled;
    bool trains =
        config->retrieval_weight > 0 || (config->rating_enabled && config->rating_weight > 0);
    for (size_t i = 0; i < config->tasks.count; i++) {
        const td_task_config *task = td_config_task(config, i);
        TD_TRY(check_task(config, task));
        trains = trains || (!td_config_has_task(config, task->name) && task->weight > 0);
        has_heads = has_heads || !td_config_has_task(config, task->name);
    }
    TD_TRY(check_normalize(config, has_heads));
    if (trains)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: nothing is trained: retrieval.weight is 0, and "
                                  "rating.enabled is false or rating.weight 0; set one of them");
}

/* Early stopping is by evaluations, and by a metric of theirs. */
static td_status check_patience(const td_config *config)
{
    const int by = config->checkpoint_keep_best;
    if (config->train_patience == 0)
        return TD_OK;
    if (config->eval_every_epochs == 0)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: train.patience counts evaluations, but eval.every_epochs is "
                       "0, so that there are none; set it to 1, say");
    if (by == TD_KEEP_BEST_NONE || by == TD_KEEP_BEST_LOSS)
        return td_fail(TD_ERR_CONFIG,
                       "configuration: train.patience goes by the metric of checkpoint.keep_best, "
                       "which is %s; set it to auto, or to a metric",
                       by == TD_KEEP_BEST_NONE ? "none" : "loss");
    return TD_OK;
}

static td_status check_optimizer(const td_config *config)
{
    TD_TRY(td_rate_plan_check(config));
    if (config->optimizer_kind != TD_ADAM || !config->optimizer_lazy ||
        config->optimizer_weight_decay == 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: optimizer.weight_decay: expected 0 with optimizer.lazy, which "
                   "leaves rows alone that a step does not touch; found %g; set optimizer.lazy to "
                   "false, or optimizer.l2 in its place",
                   config->optimizer_weight_decay);
}

/* OpenBLAS has no products of the definition (math/kernels.h). */
static td_status check_precision(const td_config *config)
{
    if (config->math_precision == TD_PRECISION_FLOAT32 ||
        config->math_kernels != TD_KERNELS_OPENBLAS)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: math.precision: bfloat16 is for our kernels alone, and "
                   "math.kernels is openblas; set math.kernels: fixed, or math.precision: float32");
}

/* Dropout is of layers that there are. */
static td_status check_dropout(const char *name, double share, size_t layers, const char *of)
{
    if (share == 0 || layers > 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: %s: expected 0 without %s; found %g", name, of,
                   share);
}

static td_status check_dropouts(const td_config *config)
{
    const size_t towers[] = {config->query_tower.count, config->candidate_tower.count};
    TD_TRY(check_dropout("query.dropout", config->query_dropout, towers[0] > 1,
                         "a ReLU layer in query.tower, such as [64, 32] (query.output_dropout "
                         "drops of what is linear)"));
    TD_TRY(check_dropout("candidate.dropout", config->candidate_dropout, towers[1] > 1,
                         "a ReLU layer in candidate.tower, such as [64, 32] "
                         "(candidate.output_dropout drops of what is linear)"));
    TD_TRY(check_dropout("rating.dropout", config->rating_dropout, config->rating_hidden.count,
                         "a layer in rating.hidden"));
    for (size_t i = 0; i < config->tasks.count; i++) {
        const td_task_config *task = td_config_task(config, i);
        const td_config_name name =
            td_section_key_name(&td_config_sections[TD_SECTION_TASKS], task->name, "dropout");
        TD_TRY(
            check_dropout(name.text, task->dropout, task->hidden.count, "a layer in its hidden"));
    }
    return TD_OK;
}

/* About 128 rows of each shard in a step: the size of the kernels' row tiles. */
static int64_t shards_for(int64_t batch_size)
{
    enum { TILE = 128 };
    int64_t shards = (batch_size + TILE / 2) / TILE;
    return shards > 0 ? shards : 1;
}

td_status td_config_check(td_config *config)
{
    for (size_t k = 0; k < td_config_key_count; k++)
        TD_TRY(check_key(&td_config_keys[k], td_config_keys[k].name, config, config));
    for (size_t s = 0; s < td_config_section_count; s++)
        TD_TRY(check_section(&td_config_sections[s], config));
    TD_TRY(check_not_empty("query.features", config->query_features.count, "[user]"));
    TD_TRY(check_not_empty("candidate.features", config->candidate_features.count, "[item]"));
    TD_TRY(check_not_empty("eval.metrics", config->eval_metrics.count,
                           "[top_k_categorical_accuracy]"));
    TD_TRY(check_ks(&config->eval_ks));
    TD_TRY(check_tasks(config));
    TD_TRY(check_patience(config));
    TD_TRY(td_rate_plan_check(config));
    TD_TRY(check_retrieval(config));
    TD_TRY(td_rate_plan_check(config));
    TD_TRY(check_optimizer(config));
    TD_TRY(check_dropouts(config));
    TD_TRY(check_precision(config));
    if (config->train_shards == 0)
        config->train_shards = shards_for(config->train_batch_size);
    if (config->train_item_ranges == 0)
        config->train_item_ranges = config->train_shards;
    return TD_OK;
}
