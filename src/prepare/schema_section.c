#include "prepare/schema_section.h"

#include "base/memory.h"
#include "text/decimal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 128, TEXT_SIZE = 640 };

const char *const td_schema_tables[TD_OFS] = {"interactions", "users", "items"};

/* What messages begin with: "items.fields.genres". */
typedef struct {
    char text[PATH_SIZE];
} section_path;

static section_path path_of(const td_schema_section *s)
{
    section_path path = {"schema"};
    const char *table = td_schema_tables[s->of];
    if (s->field)
        snprintf(path.text, sizeof path.text, "%s.fields.%.*s", table, TD_FIELD_NAME_MAX,
                 s->field->name);
    else if (s->table)
        snprintf(path.text, sizeof path.text, "%s", table);
    return path;
}

td_status td_schema_fail_value(const td_schema_section *section, const td_yaml *node,
                               const char *expected)
{
    char found[TD_QUOTE_SIZE + 32];
    td_yaml_describe(node, found);
    return td_place_fail(node->place, "%s.%s: expected %s; found %s", path_of(section).text,
                         section->key->text, expected, found);
}

td_status td_schema_fail_choice(const td_schema_section *section, const td_yaml *node, size_t count,
                                const char *const *choices)
{
    char expected[TEXT_SIZE] = "";
    size_t used = 0;
    for (size_t c = 0; c < count; c++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s",
                                 c == 0           ? ""
                                 : c + 1 == count ? " or "
                                                  : ", ",
                                 choices[c]);
    if (node->kind == TD_YAML_SCALAR)
        snprintf(expected + used, sizeof expected - used, " (the nearest is '%s')",
                 choices[td_nearest(node->text, count, choices)]);
    return td_schema_fail_value(section, node, expected);
}

td_status td_schema_fail(const td_schema_section *section, const char *format, ...)
{
    char what[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return td_place_fail(section->start, "%s: %s", path_of(section).text, what);
}

td_status td_schema_fail_repeated(const td_schema_section *section, const td_yaml *name,
                                  size_t first_line)
{
    char quoted[TD_QUOTE_SIZE];
    td_quote(name->text, strlen(name->text), quoted);
    return td_place_fail(name->place,
                         "%s: expected each name once; found a second '%s', after line %zu's",
                         path_of(section).text, quoted, first_line);
}

static td_status fail_unknown(const td_schema_section *section, const td_yaml *name,
                              const td_schema_key *keys)
{
    size_t count = 0;
    char quoted[TD_QUOTE_SIZE];
    while (keys[count].name)
        count++;
    const char **names = TD_NEW(const char *, count);
    for (size_t k = 0; k < count; k++)
        names[k] = keys[k].name;
    td_quote(name->text, strlen(name->text), quoted);
    const char *nearest = names[td_nearest(name->text, count, names)];
    td_free(names);
    return td_place_fail(name->place, "%s: there is no key '%s' here; the nearest is '%s'",
                         path_of(section).text, quoted, nearest);
}

td_status td_schema_read_section(td_schema_section *section, const td_yaml *map,
                                 const td_schema_key *keys)
{
    for (size_t i = 0; i < map->count; i++) {
        const td_yaml *name = &map->names[i];
        const td_schema_key *key = keys;
        while (key->name && strcmp(key->name, name->text) != 0)
            key++;
        if (!key->name)
            return fail_unknown(section, name, keys);
        const td_yaml *earlier = td_yaml_repeated(map, i);
        if (earlier)
            return td_schema_fail_repeated(section, name, earlier->place.line);
        section->key = name;
        TD_TRY(key->read(section, &map->values[i]));
    }
    return TD_OK;
}

const char *td_schema_text(const td_yaml *node)
{
    return node->kind == TD_YAML_SCALAR && *node->text ? node->text : NULL;
}

const char *td_schema_word(const td_yaml *node)
{
    return node->kind == TD_YAML_SCALAR && node->plain ? node->text : "";
}

td_status td_schema_read_count(const td_schema_section *section, const td_yaml *node,
                               const char *expected, int64_t *value)
{
    const char *word = td_schema_word(node);
    if (td_decimal_whole(word, strlen(word), INT32_MAX, value) && *value > 0)
        return TD_OK;
    return td_schema_fail_value(section, node, expected);
}
