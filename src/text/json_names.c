#include "text/json_names.h"

#include "base/memory.h"
#include "base/str.h"

#include <jansson.h>
#include <string.h>

enum { DEPTH = 8 };

/* Returns the place of a name, or of one that goes on behind it with a dot; count if none does. */
static size_t place_of(const td_json_names *names, const char *name, bool goes_on)
{
    const size_t length = strlen(name);
    size_t i = 0;
    while (i < names->count && (strncmp(names->name[i], name, length) != 0 ||
                                names->name[i][length] != (goes_on ? '.' : '\0')))
        i++;
    return i;
}

static void add(td_json_names *names, const char *name, bool is_null)
{
    const size_t place = place_of(names, name, false);
    if (place < names->count) {
        names->is_null[place] = names->is_null[place] && is_null;
        return;
    }
    if (is_null && place_of(names, name, true) < names->count)
        return;
    names->name = td_grow(names->name, names->count, sizeof *names->name);
    names->is_null = td_grow(names->is_null, names->count, sizeof *names->is_null);
    names->is_null[names->count] = is_null;
    names->name[names->count++] = td_str_copy((td_str){name, strlen(name)});
}

/* Takes the name of an object out that was null before. */
static void take_null(td_json_names *names, const char *name)
{
    size_t place = place_of(names, name, false);
    if (place == names->count || !names->is_null[place])
        return;
    td_free(names->name[place]);
    for (; place + 1 < names->count; place++) {
        names->name[place] = names->name[place + 1];
        names->is_null[place] = names->is_null[place + 1];
    }
    names->count--;
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
            add(names, name, json_is_null(value));
        } else {
            add_members(names, value, name, depth + 1);
            name[strlen(name) - 1] = '\0';
            take_null(names, name);
        }
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
    td_free(names->is_null);
    *names = (td_json_names){0};
}
