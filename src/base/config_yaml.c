/* From the tree of a YAML text to the keys of a configuration. */
#include "base/config_yaml.h"

#include "base/config_value.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };

/* A key that was set. */
typedef struct {
    char *name;
    size_t line;
    const td_config_key *key;
    const td_yaml *node;
} set_key;

typedef struct {
    td_config_draft *draft;
    size_t count;
    set_key *set; /* (count) */
} reader;

static td_status fail_found(const td_config_key *key, const char *name, const td_yaml *node)
{
    char found[TD_QUOTE_SIZE + 32];
    td_yaml_describe(node, found);
    return td_key_fail(node->place, key, name, NULL, "%s", found);
}

/* Sets key, in the struct that has it, to what a node is. */
static td_status read_value(const td_config_key *key, const char *name, const td_yaml *node,
                            void *of)
{
    const bool is_list = td_key_is_list(key);
    const td_yaml *elements = is_list ? node->values : node;
    const size_t count = is_list ? node->count : 1;
    if (is_list && node->kind != TD_YAML_LIST)
        return fail_found(key, name, node);
    if (count > TD_LIST_MOST)
        return td_key_fail(node->place, key, name, NULL, "%zu elements", count);
    td_value *values = TD_NEW(td_value, count);
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++)
        if (elements[i].kind != TD_YAML_SCALAR ||
            !td_value_read(key, elements[i].text, elements[i].plain, &values[i]))
            status = fail_found(key, name, &elements[i]);
    if (status == TD_OK)
        td_value_set(key, of, count, values);
    td_free(values);
    TD_TRY(status);
    const size_t repeated = td_value_repeated(key, of);
    if (repeated == count)
        return TD_OK;
    return td_key_fail(node->place, key, name, NULL, "'%s' twice", elements[repeated].text);
}

/* Remembers that a key was set; fails if it was before. */
static td_status note_key(reader *r, const td_config_key *key, const char *full_name,
                          const td_yaml *name, const td_yaml *node)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->set[i].name, full_name) == 0)
            return td_place_fail(name->place,
                                 "%s: expected each key once; found a second, after line %zu's",
                                 full_name, r->set[i].line);
    r->set = td_grow(r->set, r->count, sizeof *r->set);
    r->set[r->count++] = (set_key){td_copy_text(full_name), name->place.line, key, node};
    return TD_OK;
}

static td_status read_map(reader *r, const char *section, const td_yaml *map);

static td_status read_section(reader *r, const char *name, const td_setting *setting,
                              const td_yaml *node)
{
    if (node->kind == TD_YAML_NOTHING) /* all its keys are comments */
        return TD_OK;
    if (node->kind == TD_YAML_MAP)
        return read_map(r, name, node);
    return td_place_fail(node->place, "%s: expected %s below this section, such as %s; found %s",
                         name, setting->is_open ? "names with keys" : "keys", setting->such_as,
                         node->kind == TD_YAML_SCALAR ? "a value" : "a list");
}

/* A section twice would be legal for us, but other YAML tools would drop the first. */
static td_status read_pair(reader *r, const char *section, const td_yaml *map, size_t i)
{
    /* Section and key joined to the full name; cut short where it is longer than any key's. */
    char name[NAME_SIZE], quoted[TD_QUOTE_SIZE];
    const td_yaml *key_name = &map->names[i], *node = &map->values[i];
    td_setting setting;
    td_quote(key_name->text, strlen(key_name->text), quoted);
    snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", quoted);
    TD_TRY(td_draft_find(r->draft, key_name->place, name, &setting));
    if (setting.key) {
        TD_TRY(note_key(r, setting.key, name, key_name, node));
        return read_value(setting.key, name, node, setting.of);
    }
    const td_yaml *earlier = td_yaml_repeated(map, i);
    if (earlier)
        return td_place_fail(key_name->place,
                             "%s: expected each section once; found a second, after line %zu's",
                             name, earlier->place.line);
    return read_section(r, name, &setting, node);
}

static td_status read_map(reader *r, const char *section, const td_yaml *map)
{
    for (size_t i = 0; i < map->count; i++)
        TD_TRY(read_pair(r, section, map, i));
    return TD_OK;
}

/* Names may be declared after they are listed, so what a list names is known at the end. */
static td_status check_names(const td_config_key *key, const char *name, const td_yaml *node,
                             const td_config *config)
{
    for (size_t i = 0; i < node->count && key->kind == TD_KEY_NAMES; i++) {
        char found[TD_QUOTE_SIZE + 32];
        td_yaml_describe(&node->values[i], found);
        if (!td_key_knows(key, config, node->values[i].text))
            return td_key_fail(node->values[i].place, key, name, config, "%s", found);
    }
    return TD_OK;
}

td_status td_config_read_tree(const td_yaml *root, td_config *config)
{
    if (root->kind == TD_YAML_NOTHING)
        return TD_OK;
    if (root->kind != TD_YAML_MAP)
        return td_place_fail(root->place,
                             "expected keys with values, such as `train.epochs: 3`; found %s",
                             root->kind == TD_YAML_SCALAR ? "a value" : "a list");
    td_config changed;
    td_config_draft draft = td_draft_begin(config);
    reader r = {.draft = &draft};
    td_status status = read_map(&r, "", root);
    if (status == TD_OK)
        td_draft_finish(&draft, &changed);
    else
        td_draft_end(&draft);
    for (size_t i = 0; i < r.count && status == TD_OK; i++)
        status = check_names(r.set[i].key, r.set[i].name, r.set[i].node, &changed);
    for (size_t i = 0; i < r.count; i++)
        td_free(r.set[i].name);
    td_free(r.set);
    if (status == TD_OK)
        *config = changed;
    return status;
}

static td_status set_in_draft(const char *name, const td_yaml *value, td_config_draft *draft,
                              const td_config_key **key)
{
    td_setting setting;
    TD_TRY(td_draft_find(draft, value->place, name, &setting));
    *key = setting.key;
    if (setting.key)
        return read_value(setting.key, name, value, setting.of);
    return td_place_fail(value->place, "'%s' is a section; expected a key of it, such as %s", name,
                         setting.such_as);
}

td_status td_config_set_value(const char *name, const td_yaml *value, td_config *config)
{
    const td_config_key *key;
    td_config changed;
    td_config_draft draft = td_draft_begin(config);
    td_status status = set_in_draft(name, value, &draft, &key);
    if (status == TD_OK)
        td_draft_finish(&draft, &changed);
    else
        td_draft_end(&draft);
    TD_TRY(status);
    TD_TRY(check_names(key, name, value, &changed));
    *config = changed;
    return TD_OK;
}

void td_value_set_standard(const td_config_key *key, void *of)
{
    td_yaml *root;
    td_status status =
        td_yaml_parse(key->standard, strlen(key->standard), (td_place){.where = "default"}, &root);
    if (status == TD_OK && root->kind == TD_YAML_NOTHING) { /* the empty text */
        td_value_set(key, of, 1, &(td_value){.text = td_intern_text("")});
    } else if (status == TD_OK) {
        status = read_value(key, key->name, root, of);
    }
    if (status != TD_OK)
        td_abort("this is a bug in tandem: %s", td_message());
    td_yaml_free(root);
}
