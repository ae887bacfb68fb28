/* The public side: every change is made on a copy, which replaces the caller's if all is well. */
#include "tandem/config.h"

#include "base/config_value.h"
#include "base/config_yaml.h"
#include "base/log.h"
#include "base/memory.h"

#include <string.h>

/* Sets key to the value that text is. */
static td_status set_value(const td_config_key *key, const char *text, const char *where,
                           td_config *config)
{
    td_yaml *root;
    TD_TRY(td_yaml_parse(text, strlen(text), (td_place){.where = where}, &root));
    td_status status = td_config_read_value(key, root, config);
    td_yaml_free(root);
    return status;
}

void td_config_defaults(td_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t k = 0; k < td_config_key_count; k++) {
        const td_config_key *key = &td_config_keys[k];
        if (set_value(key, key->standard, "default", config) != TD_OK)
            td_abort("this is a bug in tandem: %s", td_message());
    }
}

/* Sets the keys that a tree names, all or none, and frees it. */
static td_status take_tree(td_yaml *root, td_config *config)
{
    td_config changed = *config;
    td_status status = td_config_read_tree(root, &changed);
    td_yaml_free(root);
    if (status == TD_OK)
        *config = changed;
    return status;
}

td_status td_config_load(const char *path, td_config *config)
{
    td_yaml *root;
    TD_TRY(td_yaml_load(path, &root));
    return take_tree(root, config);
}

td_status td_config_parse(const char *text, const char *where, td_config *config)
{
    td_yaml *root;
    TD_TRY(td_yaml_parse(text, strlen(text), (td_place){where, 1, 1}, &root));
    return take_tree(root, config);
}

static td_status set_key(const char *name, const char *value, const char *where, td_config *config)
{
    td_place place = {.where = where};
    const td_config_key *key = td_key_find(name);
    if (!key && td_key_in_section(name))
        return td_place_fail(place, "'%s' is a section; expected a key of it, such as %s", name,
                             td_key_in_section(name)->name);
    if (!key)
        return td_key_fail_unknown(place, name);
    td_config changed = *config;
    TD_TRY(set_value(key, value, where, &changed));
    *config = changed;
    return TD_OK;
}

td_status td_config_set(td_config *config, const char *assignment)
{
    char quoted[TD_QUOTE_SIZE], where[TD_QUOTE_SIZE + 16], name[TD_QUOTE_SIZE];
    td_quote(assignment, strlen(assignment), quoted);
    snprintf(where, sizeof where, "--set %s", quoted);
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return td_place_fail((td_place){.where = where},
                             "expected key=value, such as train.epochs=3");
    td_quote(assignment, (size_t)(equals - assignment), name);
    return set_key(name, equals + 1, where, config);
}

static td_status check_key(const td_config_key *key, const td_config *config)
{
    const td_place place = {.where = "configuration"};
    size_t count = td_value_count(key, config);
    if (count > TD_LIST_MAX)
        return td_key_fail(place, key, "%zu elements", count);
    for (size_t i = 0; i < count; i++)
        if (!td_value_fits(key, td_value_get(key, config, i))) {
            char text[TD_KEY_TEXT];
            td_value_to_text(key, td_value_get(key, config, i), text);
            return td_key_fail(place, key, "%s", text);
        }
    if (td_value_repeated(key, config) < count)
        return td_key_fail(place, key, "one twice");
    return TD_OK;
}

static td_status check_not_empty(const char *name, const td_int_list *list, const char *such_as)
{
    if (list->count > 0)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "configuration: %s: expected at least one element, such as %s; "
                   "found an empty list",
                   name, such_as);
}

static td_status check_ks(const td_int_list *ks)
{
    TD_TRY(check_not_empty("eval.ks", ks, "[100]"));
    for (size_t i = 1; i < ks->count; i++)
        if (ks->value[i] <= ks->value[i - 1])
            return td_fail(TD_ERR_CONFIG,
                           "configuration: eval.ks: expected ascending values, each once; found "
                           "%lld after %lld",
                           (long long)ks->value[i], (long long)ks->value[i - 1]);
    return TD_OK;
}

static td_status check_tasks(const td_config *config)
{
    if (config->retrieval_weight > 0 || (config->rating_enabled && config->rating_weight > 0))
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: nothing is trained: retrieval.weight is 0, and "
                                  "rating.enabled is false or rating.weight 0; set one of them");
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
        TD_TRY(check_key(&td_config_keys[k], config));
    TD_TRY(check_not_empty("query.features", &config->query_features, "[user]"));
    TD_TRY(check_not_empty("candidate.features", &config->candidate_features, "[item]"));
    TD_TRY(check_ks(&config->eval_ks));
    TD_TRY(check_tasks(config));
    if (config->train_shards == 0)
        config->train_shards = shards_for(config->train_batch_size);
    if (config->train_item_ranges == 0)
        config->train_item_ranges = config->train_shards;
    return TD_OK;
}

typedef struct {
    FILE *stream;
    char *text;
    size_t size;
} text_writer;

static void writer_open(text_writer *writer)
{
    writer->stream = open_memstream(&writer->text, &writer->size);
    if (!writer->stream)
        td_abort("out of memory for a text");
}

/* Returns what was written; the caller frees it with td_free. */
static char *writer_close(text_writer *writer)
{
    if (fclose(writer->stream) != 0)
        td_abort("out of memory for a text");
    return writer->text;
}

char *td_config_to_yaml(const td_config *config, bool only_shaping)
{
    text_writer writer;
    writer_open(&writer);
    for (size_t k = 0; k < td_config_key_count; k++) {
        const td_config_key *key = &td_config_keys[k];
        if (only_shaping && !key->shapes)
            continue;
        fprintf(writer.stream, "%s: ", key->name);
        td_value_write(key, config, writer.stream);
        fputc('\n', writer.stream);
    }
    return writer_close(&writer);
}

static char *value_text(const td_config_key *key, const td_config *config)
{
    text_writer writer;
    writer_open(&writer);
    td_value_write(key, config, writer.stream);
    return writer_close(&writer);
}

/* Adds a line for a key that differs. */
static void write_difference(FILE *stream, const td_config_key *key, const td_config *ours,
                             const td_config *theirs)
{
    char *our_value = value_text(key, ours), *their_value = value_text(key, theirs);
    fprintf(stream, "\n  %s: it is %s here and %s there", key->name, our_value, their_value);
    td_free(our_value);
    td_free(their_value);
}

td_status td_config_match(const td_config *ours, const td_config *theirs)
{
    text_writer writer;
    bool differ = false;
    writer_open(&writer);
    for (size_t k = 0; k < td_config_key_count; k++) {
        const td_config_key *key = &td_config_keys[k];
        if (!key->shapes || td_value_equal(key, ours, theirs))
            continue;
        write_difference(writer.stream, key, ours, theirs);
        differ = true;
    }
    char *lines = writer_close(&writer);
    if (differ)
        td_fail(TD_ERR_MISMATCH, "these keys must not change within a run:%s", lines);
    td_free(lines);
    return differ ? TD_ERR_MISMATCH : TD_OK;
}
