/* Settings of a reference file. */
#include "case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is not built yet: any value but the neutral one (a text, else a number) needs it. */
static const struct {
    const char *setting;
    const char *neutral_text;
    double neutral;
    const char *feature;
} not_yet[] = {
    {"model", "factor", 0, "model other than factor"},
};

/* Settings that are read below, or say only how the file was made or what not_yet guards. */
static const char *const known[] = {
    "batch",         "steps",           "users",    "items",       "dim",    "lr",
    "weighted",      "towers",          "hidden",   "seed",        "tokens", "zipf",
    "tests",         "buckets",         "versions", "temperature", "text",   "time",
    "logq",          "accidental",      "hard",     "optimizer",   "model",  "always_rate",
    "rating_weight", "retrieval_weight"};

static void add_feature(golden_case *c, const char *feature)
{
    size_t used = strlen(c->lacks);
    if (!strstr(c->lacks, feature))
        snprintf(c->lacks + used, sizeof c->lacks - used, "%s%s", used ? ", " : "", feature);
}

static bool is_neutral(const golden_setting *setting, const char *text, double number)
{
    if (text)
        return strcmp(setting->text, text) == 0;
    return setting->count == 1 && setting->value[0] == number;
}

static td_status find_what_it_lacks(const golden_file *file, golden_case *c)
{
    for (size_t i = 0; i < sizeof not_yet / sizeof *not_yet; i++) {
        golden_setting setting;
        TD_TRY(golden_file_setting(file, "/", not_yet[i].setting, &setting));
        if (!is_neutral(&setting, not_yet[i].neutral_text, not_yet[i].neutral))
            add_feature(c, not_yet[i].feature);
    }
    return TD_OK;
}

/* A setting that nobody here has heard of might change everything. */
static bool note_unknown(const char *name, void *data)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof not_yet / sizeof *not_yet; i++)
        if (strcmp(name, not_yet[i].setting) == 0)
            return true;
    char feature[GOLDEN_TEXT_MAX];
    snprintf(feature, sizeof feature, "setting %.80s", name);
    add_feature(data, feature);
    return true;
}

static td_status read_number(const golden_file *file, const char *name, double *value)
{
    golden_setting setting;
    TD_TRY(golden_file_setting(file, "/", name, &setting));
    if (setting.count != 1 || !isfinite(setting.value[0]))
        return td_fail(TD_ERR_FORMAT, "%s: attribute %s: expected one number", file->path, name);
    *value = setting.value[0];
    return TD_OK;
}

static td_status read_whole(const golden_file *file, const char *name, int64_t low, int64_t *value)
{
    double number;
    TD_TRY(read_number(file, name, &number));
    if (number < (double)low || number > INT32_MAX || number != floor(number))
        return td_fail(TD_ERR_FORMAT,
                       "%s: attribute %s: expected a whole number from %lld on, "
                       "found %g",
                       file->path, name, (long long)low, number);
    *value = (int64_t)number;
    return TD_OK;
}

static td_status read_flag(const golden_file *file, const char *name, bool *flag)
{
    double number;
    TD_TRY(read_number(file, name, &number));
    *flag = number != 0;
    return TD_OK;
}

static td_status read_sizes(const golden_file *file, golden_case *c)
{
    TD_TRY(read_whole(file, "batch", 1, &c->batch));
    TD_TRY(read_whole(file, "steps", 1, &c->steps));
    TD_TRY(read_whole(file, "users", 1, &c->users));
    TD_TRY(read_whole(file, "items", 1, &c->items));
    TD_TRY(read_whole(file, "tokens", 1, &c->tokens));
    TD_TRY(read_whole(file, "buckets", 2, &c->edges));
    TD_TRY(read_flag(file, "weighted", &c->weighted));
    TD_TRY(read_flag(file, "text", &c->text));
    return read_flag(file, "time", &c->time);
}

static td_status read_layers(const golden_file *file, const char *name, td_int_list *units)
{
    golden_setting layers;
    TD_TRY(golden_file_setting(file, "/", name, &layers));
    int64_t width[sizeof layers.value / sizeof *layers.value];
    for (size_t i = 0; i < layers.count; i++) {
        if (!(layers.value[i] >= 1 && layers.value[i] <= 65536))
            return td_fail(TD_ERR_FORMAT, "%s: attribute %s: a layer of %g units", file->path, name,
                           layers.value[i]);
        width[i] = (int64_t)layers.value[i];
    }
    *units = td_int_list_of(layers.count, width);
    return TD_OK;
}

/* Features in the order of the reference's towers. */
static void set_features(const golden_case *c, td_config *config)
{
    static const char *const query[] = {"user", "timestamp_buckets", "timestamp"};
    static const char *const candidate[] = {"item", "title_text"};
    config->query_features = td_name_list_of(c->time ? 3 : 1, query);
    config->query_timestamp_edges = c->edges;
    config->candidate_features = td_name_list_of(c->text ? 2 : 1, candidate);
}

static td_status read_tasks(const golden_file *file, td_config *config)
{
    bool always, log_q;
    golden_setting hard;
    TD_TRY(read_number(file, "rating_weight", &config->rating_weight));
    TD_TRY(read_number(file, "retrieval_weight", &config->retrieval_weight));
    TD_TRY(read_flag(file, "always_rate", &always));
    config->rating_enabled = always || config->rating_weight != 0;
    TD_TRY(read_layers(file, "hidden", &config->rating_hidden));
    TD_TRY(read_flag(file, "logq", &log_q));
    config->retrieval_log_q = log_q ? TD_LOG_Q_ALL : TD_LOG_Q_NONE;
    TD_TRY(read_flag(file, "accidental", &config->retrieval_remove_accidental_hits));
    TD_TRY(golden_file_setting(file, "/", "hard", &hard));
    if (strcmp(hard.text, "none") == 0)
        return TD_OK;
    return read_whole(file, "hard", 1, &config->retrieval_num_hard_negatives);
}

static td_status read_optimizer(const golden_file *file, td_config *config)
{
    static const char *const kinds[] = {"adagrad", "sgd", "adam"};
    golden_setting name;
    TD_TRY(golden_file_setting(file, "/", "optimizer", &name));
    TD_TRY(read_number(file, "lr", &config->optimizer_learning_rate));
    for (int i = 0; i < 3; i++)
        if (strcmp(name.text, kinds[i]) == 0) {
            config->optimizer_kind = i; /* TD_ADAGRAD, TD_SGD, TD_ADAM */
            return TD_OK;
        }
    return td_fail(TD_ERR_FORMAT, "%s: attribute optimizer: %s", file->path, name.text);
}

static td_status read_temperature(const golden_file *file, td_config *config)
{
    golden_setting setting;
    TD_TRY(golden_file_setting(file, "/", "temperature", &setting));
    if (strcmp(setting.text, "none") == 0)
        return TD_OK;
    return read_number(file, "temperature", &config->retrieval_temperature);
}

static td_status read_config(const golden_file *file, bool openblas, golden_case *c)
{
    td_config *config = &c->config;
    TD_TRY(read_whole(file, "dim", 1, &config->model_width));
    set_features(c, config);
    TD_TRY(read_optimizer(file, config));
    TD_TRY(read_temperature(file, config));
    TD_TRY(read_layers(file, "towers", &config->query_tower));
    config->candidate_tower = config->query_tower;
    TD_TRY(read_tasks(file, config));
    config->train_item_ranges = 5; /* a number that ranks do not divide */
    config->math_kernels = openblas ? TD_KERNELS_OPENBLAS : TD_KERNELS_FIXED;
    return td_config_check(config);
}

td_status golden_case_read(const golden_file *file, bool openblas, golden_case *out)
{
    *out = (golden_case){0};
    td_config_defaults(&out->config);
    TD_TRY(find_what_it_lacks(file, out));
    golden_file_each_setting(file, note_unknown, out);
    if (out->lacks[0])
        return TD_OK;
    TD_TRY(read_sizes(file, out));
    return read_config(file, openblas, out);
}
