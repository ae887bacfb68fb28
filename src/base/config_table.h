/* The table of configuration keys as data, and what can be asked of a name. Internal to base.
 *
 * All functions are Local.
 */
#ifndef TD_BASE_CONFIG_TABLE_H
#define TD_BASE_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    TD_KEY_BOOL,
    TD_KEY_INT,
    TD_KEY_REAL,
    TD_KEY_CHOICE,
    TD_KEY_INTS,
    TD_KEY_NAMES,
    TD_KEY_TEXT
} td_key_kind;

/* One line of tandem/config_keys.h. */
typedef struct {
    const char *name; /* "train.epochs", "width" */
    td_key_kind kind;
    size_t offset;        /* of its field in td_config, or in an entry of its section */
    const char *standard; /* its default, in YAML's notation */
    const char *choices;  /* "a|b|c" of CHOICE and NAMES, else NULL */
    const char *low_text; /* the range of INT, INTS and REAL as it is written in the table */
    const char *high_text;
    int64_t low, high; /* of INT and INTS */
    double low_real, high_real;
    bool shapes; /* the answer depends on it */
    const char *text;
} td_config_key;

/* Returns what a choice of a key is called now: an older name's successor, else the text itself. */
const char *td_choice_now(const td_config_key *key, const char *text);

extern const td_config_key td_config_keys[];
extern const size_t td_config_key_count;

/* A section with free names. */
typedef struct {
    const char *name; /* "features" */
    size_t offset;    /* of its td_section in td_config */
    size_t entry_size;
    const td_config_key *keys; /* of an entry */
    size_t key_count;
    const char *text;
} td_config_section;

extern const td_config_section td_config_sections[];
extern const size_t td_config_section_count;

enum { TD_SECTION_FEATURES, TD_SECTION_TASKS }; /* places in td_config_sections */

/* Entries of a section and elements of a list, at most: far more than towers have, so that what is
 * quadratic in them stays quick in a file made to be slow. */
enum { TD_LIST_MOST = 4096 };

enum { TD_KEY_WORDS = 1024 }; /* bytes for a key's expectation */

/* Tells whether the key's value is a list. */
bool td_key_is_list(const td_config_key *key);

/* Returns the key of this name, NULL if there is none. */
const td_config_key *td_key_find(const char *name);

/* Returns the first key below the section `name` ("train"), NULL if there is no such section. */
const td_config_key *td_key_in_section(const char *name);

/* Describes what the key accepts: "an integer from 1 to 4096". */
void td_key_expectation(const td_config_key *key, char text[TD_KEY_WORDS]);

#endif
