/* The table of configuration keys as data, and what can be asked of a name. Internal to base.
 *
 * All functions are Local.
 */
#ifndef TD_BASE_CONFIG_TABLE_H
#define TD_BASE_CONFIG_TABLE_H

#include "base/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    TD_KEY_BOOL,
    TD_KEY_INT,
    TD_KEY_REAL,
    TD_KEY_CHOICE,
    TD_KEY_INTS,
    TD_KEY_NAMES
} td_key_kind;

/* One line of tandem/config_keys.h. */
typedef struct {
    const char *name; /* "train.epochs" */
    td_key_kind kind;
    size_t offset;        /* of its field in td_config */
    const char *standard; /* its default, in YAML's notation */
    const char *choices;  /* "a|b|c" of CHOICE and NAMES, else NULL */
    const char *low_text; /* the range of INT, INTS and REAL as it is written in the table */
    const char *high_text;
    int64_t low, high; /* of INT and INTS */
    double low_real, high_real;
    bool shapes; /* the answer depends on it */
    const char *text;
} td_config_key;

extern const td_config_key td_config_keys[];
extern const size_t td_config_key_count;

enum { TD_KEY_TEXT = 256 }; /* bytes for a key's expectation */

/* Tells whether the key's value is a list. */
bool td_key_is_list(const td_config_key *key);

/* Returns the key of this name, NULL if there is none. */
const td_config_key *td_key_find(const char *name);

/* Returns the first key below the section `name` ("train"), NULL if there is no such section. */
const td_config_key *td_key_in_section(const char *name);

/* Returns the place of choice in "a|b|c", -1 if it is not there. */
int td_choice_find(const char *choices, const char *choice);

/* Returns how many choices "a|b|c" has. */
int td_choice_count(const char *choices);

/* Copies the choice at place (which must exist) to text. */
void td_choice_name(const char *choices, int64_t place, char text[TD_KEY_TEXT]);

/* Describes what the key accepts: "an integer from 1 to 4096". */
void td_key_expectation(const td_config_key *key, char text[TD_KEY_TEXT]);

/* Answers TD_ERR_CONFIG with "PLACE: KEY: expected ..., found FOUND". */
td_status td_key_fail(td_place place, const td_config_key *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers TD_ERR_CONFIG with "PLACE: there is no key 'NAME'; the nearest is ...". */
td_status td_key_fail_unknown(td_place place, const char *name);

#endif
