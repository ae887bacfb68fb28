/* The names of the members of JSON objects, those of objects in them with dots between. */
#ifndef TD_TEXT_JSON_NAMES_H
#define TD_TEXT_JSON_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct json_t; /* jansson.h */

/* Each name once, in the order in which they are met. Begins as {0}. */
typedef struct {
    size_t count;
    char **name;   /* (count) */
    bool *is_null; /* (count) no member of this name had a value so far */
} td_json_names;

/* Local. Adds the names of an object's members. One that is null here and an object elsewhere is an
 * object whose members are missing, and no name. */
void td_json_names_add(td_json_names *names, const struct json_t *object);
void td_json_names_free(td_json_names *names);

#endif
