/* From the tree of a YAML text to the keys of a configuration. */
#include "base/config_yaml.h"

#include "base/config_value.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128 };

typedef struct {
    td_config *config;
    size_t *first_line; /* where each key was set, 0: not yet */
} reader;

static td_status fail_found(const td_config_key *key, const td_yaml *node)
{
    char found[TD_QUOTE_SIZE + 32];
    td_yaml_describe(node, found);
    return td_key_fail(node->place, key, "%s", found);
}

static td_status read_element(const td_config_key *key, const td_yaml *node, size_t index,
                              td_config *config)
{
    td_value value;
    if (node->kind != TD_YAML_SCALAR || !td_value_read(key, node->text, node->plain, &value))
        return fail_found(key, node);
    td_value_put(key, config, index, value);
    return TD_OK;
}

static td_status read_list(const td_config_key *key, const td_yaml *node, td_config *config)
{
    if (node->count > TD_LIST_MAX)
        return td_key_fail(node->place, key, "%zu elements", node->count);
    td_value_resize(key, config, node->count);
    for (size_t i = 0; i < node->count; i++)
        TD_TRY(read_element(key, &node->values[i], i, config));
    size_t repeated = td_value_repeated(key, config);
    if (repeated < node->count)
        return td_key_fail(node->place, key, "'%s' twice", node->values[repeated].text);
    return TD_OK;
}

td_status td_config_read_value(const td_config_key *key, const td_yaml *node, td_config *config)
{
    if (!td_key_is_list(key))
        return read_element(key, node, 0, config);
    return node->kind == TD_YAML_LIST ? read_list(key, node, config) : fail_found(key, node);
}

static td_status read_key(reader *r, const td_config_key *key, const td_yaml *name,
                          const td_yaml *node)
{
    size_t *first_line = &r->first_line[key - td_config_keys];
    if (*first_line > 0)
        return td_place_fail(name->place,
                             "%s: expected each key once; found a second, after line %zu's",
                             key->name, *first_line);
    *first_line = name->place.line;
    return td_config_read_value(key, node, r->config);
}

static td_status read_map(reader *r, const char *section, const td_yaml *map);

static td_status read_section(reader *r, const char *name, const td_yaml *node)
{
    if (node->kind == TD_YAML_NOTHING) /* all its keys are comments */
        return TD_OK;
    if (node->kind == TD_YAML_MAP)
        return read_map(r, name, node);
    return td_place_fail(node->place, "%s: expected keys below this section, such as %s; found %s",
                         name, td_key_in_section(name)->name,
                         node->kind == TD_YAML_SCALAR ? "a value" : "a list");
}

/* A section twice would be legal for us, but other YAML tools would drop the first. */
static td_status read_pair(reader *r, const char *section, const td_yaml *map, size_t i)
{
    /* Section and key joined to the full name; cut short where it is longer than any key's. */
    char name[NAME_SIZE], quoted[TD_QUOTE_SIZE];
    td_quote(map->names[i].text, strlen(map->names[i].text), quoted);
    snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", quoted);
    const td_config_key *key = td_key_find(name);
    if (key)
        return read_key(r, key, &map->names[i], &map->values[i]);
    if (!td_key_in_section(name))
        return td_key_fail_unknown(map->names[i].place, name);
    const td_yaml *earlier = td_yaml_repeated(map, i);
    if (earlier)
        return td_place_fail(map->names[i].place,
                             "%s: expected each section once; found a second, after line %zu's",
                             name, earlier->place.line);
    return read_section(r, name, &map->values[i]);
}

static td_status read_map(reader *r, const char *section, const td_yaml *map)
{
    for (size_t i = 0; i < map->count; i++)
        TD_TRY(read_pair(r, section, map, i));
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
    reader r = {.config = config, .first_line = TD_NEW(size_t, td_config_key_count)};
    td_status status = read_map(&r, "", root);
    td_free(r.first_line);
    return status;
}
