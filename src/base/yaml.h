/* A YAML text as a tree of values with line and column, through libyaml: configurations, and the
 * schemas of `tandem prepare`.
 *
 * What people write for us does without anchors, aliases, tags, merge keys, null bytes, several
 * documents and deep nesting; all are refused. A tree therefore is finite and its maps have names
 * that are text. All functions are Local and answer TD_ERR_CONFIG, with file, line and column, for
 * what is wrong with a text.
 */
#ifndef TD_BASE_YAML_H
#define TD_BASE_YAML_H

#include "base/place.h"

#include <stdbool.h>
#include <stddef.h>

enum { TD_YAML_LARGEST = 1 << 20 }; /* bytes of a text, far more than any needs */

typedef enum { TD_YAML_NOTHING, TD_YAML_SCALAR, TD_YAML_LIST, TD_YAML_MAP } td_yaml_kind;

typedef struct td_yaml td_yaml;

/* One node, plain data to be read. NOTHING is an empty text, or a key without a value. */
struct td_yaml {
    td_yaml_kind kind;
    td_place place;
    char *text;      /* of a SCALAR, terminated, without null bytes within */
    bool plain;      /* a SCALAR without quotes: it may be a number or a truth */
    size_t count;    /* elements of a LIST, pairs of a MAP */
    td_yaml *names;  /* (count) of a MAP: scalars, none empty, some perhaps more than once */
    td_yaml *values; /* (count) of a MAP or LIST */
};

/* Reads the size bytes of text. place is the first's, {where, 1, 1}, or {where, 0, 0} if the text
 * is one value and places in it tell nothing; where is kept by reference. Free *root, which is set
 * on success only, with td_yaml_free. */
td_status td_yaml_parse(const char *text, size_t size, td_place place, td_yaml **root);

/* Reads the file at path, which is kept by reference. TD_ERR_FILE if it cannot be read. */
td_status td_yaml_load(const char *path, td_yaml **root);
void td_yaml_free(td_yaml *root);

/* Returns the value of a name in a map, NULL if the map lacks it. */
const td_yaml *td_yaml_find(const td_yaml *map, const char *name);

/* Returns the name of an earlier pair that is the same as that of pair i; NULL if there is none. */
const td_yaml *td_yaml_repeated(const td_yaml *map, size_t i);

/* What the node is, for messages: "nothing", "'x'", "the quoted text 'x'", "a list", "a section".
 */
void td_yaml_describe(const td_yaml *node, char text[TD_QUOTE_SIZE + 32]);

#endif
