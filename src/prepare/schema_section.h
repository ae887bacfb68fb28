/* A section of a schema as a table of keys, and the messages that say where in it something is
 * wrong. All functions are Local. */
#ifndef TD_PREPARE_SCHEMA_SECTION_H
#define TD_PREPARE_SCHEMA_SECTION_H

#include "base/yaml.h"
#include "prepare/source.h"

#include <stdbool.h>
#include <stddef.h>

/* The section that is being read: the schema itself, a table, or a field of one. */
typedef struct {
    td_source *source;
    td_of of;
    td_source_table *table; /* NULL in the schema itself */
    td_source_field *field; /* NULL in a table */
    td_place start;         /* of the section's name */
    const td_yaml *key;     /* the name of the key that is being read */

    bool says_key, says_quote, says_trim, says_fields_cut; /* keys of the table that were there */
    bool says_kind, says_column, says_flags, says_time;    /* of the field */
    bool says_weight;                                      /* how it is made */
} td_schema_section;

/* A key, and what reads its value. */
typedef struct {
    const char *name;
    td_status (*read)(td_schema_section *section, const td_yaml *node);
} td_schema_key;

/* "interactions", "users", "items". */
extern const char *const td_schema_tables[TD_OFS];

/* Reads the keys of a map, each once, by their table, which ends with one of zeros. */
td_status td_schema_read_section(td_schema_section *section, const td_yaml *map,
                                 const td_schema_key *keys);

/* Answer TD_ERR_CONFIG: at a node of the key at hand, with what was expected there; the same with
 * some words of which one was expected; at the section's name; and at a name that was there. */
td_status td_schema_fail_value(const td_schema_section *section, const td_yaml *node,
                               const char *expected);
td_status td_schema_fail_choice(const td_schema_section *section, const td_yaml *node, size_t count,
                                const char *const *choices);
td_status td_schema_fail(const td_schema_section *section, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
td_status td_schema_fail_repeated(const td_schema_section *section, const td_yaml *name,
                                  size_t first_line);

/* Returns a text that is not empty, NULL if the node is none; and one without quotes, else "". */
const char *td_schema_text(const td_yaml *node);
const char *td_schema_word(const td_yaml *node);

/* Reads a whole number from 1, which is what is expected. */
td_status td_schema_read_count(const td_schema_section *section, const td_yaml *node,
                               const char *expected, int64_t *value);

/* Reads the value of `fields`. */
td_status td_schema_read_fields(td_schema_section *table, const td_yaml *node);

/* Read the keys of interactions that say which rows are left, and those of a field that say how
 * weights are made (schema_rows.c). */
td_status td_schema_read_where(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_repeats(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_repeats_by(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_max_user_rows(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_min_user_items(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_min_item_users(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_without_user(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_session(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_split(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_from(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_values(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_others(td_schema_section *s, const td_yaml *node);
td_status td_schema_read_half_life(td_schema_section *s, const td_yaml *node);

/* Check what these keys must be together: of a field, when it ends, which then has a kind; and of
 * all tables. */
td_status td_schema_check_weight(td_schema_section *s);
td_status td_schema_check_rows(const td_schema_section *root);

/* TD_ERR_CONFIG if a table that is read has cells of categories, of which nothing tells one from
 * the next. */
td_status td_schema_check_lists(const td_schema_section *table);

#endif
