/* The values of a td_config, or of an entry of a section, by key: read, judged, compared, written.
 * Internal to base.
 *
 * Every key has a list of values here, a plain key a list of one. `of` is the struct that the key's
 * table is of. All functions are Local.
 */
#ifndef TD_BASE_CONFIG_VALUE_H
#define TD_BASE_CONFIG_VALUE_H

#include "base/config_table.h"
#include "tandem/config.h"

#include <stdio.h>

/* One value or element: real for REAL, text for NAMES and TEXT (as long as the process), else the
 * integer, 0 or 1, or a place in choices. */
typedef union {
    int64_t integer;
    double real;
    const char *text;
} td_value;

/* Reads text as one value of key; false if it is of the wrong type or out of range. A value
 * that is not plain (quoted) is text: no number and no truth. */
bool td_value_read(const td_config_key *key, const char *text, bool plain, td_value *value);

/* Tells whether value is one that key accepts; of a name not whether something has it. */
bool td_value_fits(const td_config_key *key, td_value value);

/* The number of the key's values, and the one at index. */
size_t td_value_count(const td_config_key *key, const void *of);
td_value td_value_get(const td_config_key *key, const void *of, size_t index);

/* Sets the key to count values, 1 for a plain key. */
void td_value_set(const td_config_key *key, void *of, size_t count, const td_value *values);

/* Sets the key to its default. */
void td_value_set_standard(const td_config_key *key, void *of);

/* Returns the index of the first element of a NAMES list that an earlier one equals, or the
 * list's length. */
size_t td_value_repeated(const td_config_key *key, const void *of);

/* Tells whether both structs have the same values of key. */
bool td_value_equal(const td_config_key *key, const void *a, const void *b);

/* Writes one value in YAML's notation. A place that does not exist, which only a config set by
 * hand can have, is written as a number. */
void td_value_write_one(const td_config_key *key, td_value value, FILE *stream);

/* Writes the key's values in YAML's notation. */
void td_value_write(const td_config_key *key, const void *of, FILE *stream);

#endif
