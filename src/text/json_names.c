#include "text/json_names.h"

#include "base/memory.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH = 8 };

static bool has(const td_json_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

static void add(td_json_names *names, char *name)
{
    if (has(names, name)) {
        td_free(name);
        return;
    }
    names->name = td_grow(names->name, names->count, sizeof *names->name);
    names->name[names->count++] = name;
}

static void add_members(td_json_names *names, const json_t *object, const char *before, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        const bool is_outer = json_is_object(value) && depth < DEPTH;
        char *name = td_print_text("%s%s%s", before, key, is_outer ? "." : "");
        if (!is_outer) {
            add(names, name);
            continue;
        }
        add_members(names, value, name, depth + 1);
        td_free(name);
    }
}

void td_json_names_add(td_json_names *names, const struct json_t *object)
{
    add_members(names, object, "", 1);
}

void td_json_names_free(td_json_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        td_free(names->name[i]);
    td_free(names->name);
    *names = (td_json_names){0};
}
