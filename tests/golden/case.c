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
    {"text", NULL, 0, "title_text feature"},
    {"time", NULL, 0, "timestamp features"},
    {"logq", NULL, 0, "logQ correction"},
    {"accidental", NULL, 0, "removal of accidental hits"},
    {"hard", "none", 0, "hard negatives"},
    {"rating_weight", NULL, 0, "rating head"},
    {"always_rate", NULL, 0, "rating head"},
    {"retrieval_weight", NULL, 1, "weight of the retrieval loss"},
    {"optimizer", "adagrad", 0, "optimizer other than Adagrad"},
    {"model", "factor", 0, "model other than factor"},
};

/* Settings that are read below, or say only how the file was made or what not_yet guards. */
static const char *const known[] = {
    "batch",  "steps", "users",       "items",  "dim",  "lr",    "weighted", "towers",
    "hidden", "seed",  "temperature", "tokens", "zipf", "tests", "buckets",  "versions"};

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

static td_status read_sizes(const golden_file *file, golden_case *c)
{
    double weighted;
    TD_TRY(read_whole(file, "batch", 1, &c->batch));
    TD_TRY(read_whole(file, "steps", 1, &c->steps));
    TD_TRY(read_whole(file, "users", 1, &c->users));
    TD_TRY(read_whole(file, "items", 1, &c->items));
    TD_TRY(read_number(file, "weighted", &weighted));
    c->weighted = weighted != 0;
    return TD_OK;
}

static td_status read_towers(const golden_file *file, td_config *config)
{
    golden_setting towers;
    TD_TRY(golden_file_setting(file, "/", "towers", &towers));
    for (size_t i = 0; i < towers.count; i++) {
        if (!(towers.value[i] >= 1 && towers.value[i] <= 65536))
            return td_fail(TD_ERR_FORMAT, "%s: attribute towers: a layer of %g units", file->path,
                           towers.value[i]);
        config->query_tower.value[i] = config->candidate_tower.value[i] = (int64_t)towers.value[i];
    }
    config->query_tower.count = config->candidate_tower.count = towers.count;
    return TD_OK;
}

static td_status read_temperature(const golden_file *file, td_config *config)
{
    golden_setting setting;
    TD_TRY(golden_file_setting(file, "/", "temperature", &setting));
    if (strcmp(setting.text, "none") == 0)
        return TD_OK;
    return read_number(file, "temperature", &config->retrieval_temperature);
}

static td_status read_config(const golden_file *file, bool openblas, td_config *config)
{
    TD_TRY(read_whole(file, "dim", 1, &config->model_width));
    TD_TRY(read_number(file, "lr", &config->optimizer_learning_rate));
    TD_TRY(read_temperature(file, config));
    TD_TRY(read_towers(file, config));
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
    return read_config(file, openblas, &out->config);
}
