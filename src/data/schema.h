/* The fields that a data file has: what they are called, what kind of values they hold, what they
 * are for. What reads, trains and evaluates finds fields by name or by role, never by a list of its
 * own. All functions are Local.
 */
#ifndef TD_DATA_SCHEMA_H
#define TD_DATA_SCHEMA_H

#include "base/type.h"
#include "data/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a field is told of. */
typedef enum { TD_OF_ROW, TD_OF_USER, TD_OF_ITEM } td_of;

/* What its values are. */
typedef enum {
    TD_KIND_CATEGORY,   /* int32: the id of a name, 0 for one that is missing or not known */
    TD_KIND_CATEGORIES, /* lists of such ids, from 1 */
    TD_KIND_NUMBER,     /* float32 */
    TD_KIND_TIME,       /* int64: seconds since 1970 */
    TD_KIND_TEXT,       /* lists of ids of tokens, from 1 */
    TD_KIND_VECTOR,     /* float32, width of them */
    TD_KIND_NUMBERS     /* lists of float32: the weights of a field of categories */
} td_kind;

/* What it is for. Every role but none has one field at most. */
typedef enum {
    TD_ROLE_NONE,
    TD_ROLE_USER,
    TD_ROLE_ITEM,
    TD_ROLE_TITLE,
    TD_ROLE_LABEL,
    TD_ROLE_WEIGHT,
    TD_ROLE_TIME,
    TD_ROLE_ALIVE_FROM, /* of an item: when it can first be had, */
    TD_ROLE_ALIVE_UNTIL /* and when it no longer can (data/alive.h) */
} td_role;

enum {
    TD_OFS = TD_OF_ITEM + 1,
    TD_KINDS = TD_KIND_NUMBERS + 1,
    TD_ROLES = TD_ROLE_ALIVE_UNTIL + 1
};

/* Numbers and times in short, exact over any ranks: of those that --statistics chose and that are
 * not missing. All 0 where there are none. */
typedef struct {
    int64_t count;
    double low;
    double high;
    double mean;
    double variance; /* of the population */
} td_summary;

typedef struct {
    char *name;
    td_of of;
    td_kind kind;
    td_role role;
    int64_t vocabulary; /* ids, 0 included, of categories and texts; 0 for other kinds */
    int64_t width;      /* values of a vector, 1 for other kinds */
    bool is_hashed;     /* its ids have no names: they are hashes of them (td_names_hash) */
    int64_t missing;    /* values, or lists, that are missing: of all rows, users or items */
    td_summary summary; /* of numbers and times */
} td_schema_field;

/* Begins as {0}; td_schema_free frees what it holds. */
typedef struct {
    size_t count;
    td_schema_field *fields; /* (count) of different names */
} td_schema;

void td_schema_free(td_schema *schema);

/* Adds a copy of field, whose name is no other's, and returns it; width 0 is taken for 1. It lasts
 * until the next one is added. */
td_schema_field *td_schema_add(td_schema *schema, td_schema_field field);

/* Returns the field of this name, or the first with this role (not none); NULL if there is none. */
td_schema_field *td_schema_find(const td_schema *schema, const char *name);
td_schema_field *td_schema_with_role(const td_schema *schema, td_role role);

/* Tells whether an item may lack a value of this role, as of none. */
static inline bool td_role_may_miss(td_role role)
{
    return role == TD_ROLE_NONE || role == TD_ROLE_ALIVE_FROM || role == TD_ROLE_ALIVE_UNTIL;
}

/* Returns the names of all fields of rows, users or items; they end with NULL. The caller frees the
 * list, whose names are the schema's. */
const char **td_schema_names(const td_schema *schema, td_of of);

/* Return "row", "user" or "item"; "category" ..; "none" .., as files and schemas write them. */
const char *td_of_name(td_of of);
const char *td_kind_name(td_kind kind);
const char *td_role_name(td_role role);

/* Set what has this name; false if nothing has. */
bool td_of_find(const char *name, td_of *of);
bool td_kind_find(const char *name, td_kind *kind);
bool td_role_find(const char *name, td_role *role);

/* The type of a kind's values; whether they are lists; whether they are ids of a vocabulary. */
td_type td_kind_type(td_kind kind);
bool td_kind_is_list(td_kind kind);
bool td_kind_has_vocabulary(td_kind kind);

/* Returns the field that has the weights of a field of categories, by its name and "_weights"; NULL
 * if there is none. */
td_schema_field *td_schema_weights_of(const td_schema *schema, const td_schema_field *field);

enum { TD_FIELD_NAME_MAX = 64 };

/* Tells whether a name can be a field's: a letter, then letters, digits, '_' and '-', at most
 * TD_FIELD_NAME_MAX in all. So it is a name in files, configurations and conditions. */
bool td_field_name_fits(const char *name);

/* Returns the place of the first value, of those from begin to end, that cannot be the field's; end
 * if there is none: ids must be in the vocabulary, numbers finite, weights above 0, times from
 * TD_TIME_MIN to TD_TIME_MAX, and nothing is missing where nothing may be. */
int64_t td_schema_fault(const td_schema_field *field, int64_t begin, int64_t end,
                        const void *values);

/* Adds the field to a frame, with values that are missing. */
td_field *td_schema_add_to(const td_schema_field *field, td_frame *frame);

#endif
