/* A configuration while it changes, and what the full name of a key stands for in it: a field of
 * td_config, or one of an entry of a section with free names. Internal to base.
 *
 * All functions are Local.
 */
#ifndef TD_BASE_CONFIG_SECTION_H
#define TD_BASE_CONFIG_SECTION_H

#include "base/config_table.h"
#include "base/place.h"
#include "tandem/config.h"

#include <stdio.h>

/* The entries of a section, in memory of their own. */
typedef struct {
    size_t count;
    char *entries; /* (count) structs, ascending by name */
} td_draft_section;

typedef struct {
    td_config config; /* but for its sections */
    td_draft_section *sections;
} td_config_draft;

/* Begins with what config holds. td_draft_end gives the draft up; td_draft_finish sets config. */
td_config_draft td_draft_begin(const td_config *config);
void td_draft_end(td_config_draft *draft);
void td_draft_finish(td_config_draft *draft, td_config *config);

/* What a full name stands for: a key, a section with keys, or an entry of one with free names. */
typedef struct {
    const td_config_key *key; /* of a key only */
    void *of;                 /* the struct that has its value, until the next find */
    const char *such_as;      /* of a section or entry: the name of one of its keys */
    bool is_open;             /* a section with free names: such_as is one of an entry's */
} td_setting;

enum { TD_ENTRY_LONGEST = 64 }; /* bytes of an entry's name */

/* Finds what name stands for; an entry that is not there yet is made. TD_ERR_CONFIG, naming the
 * nearest, if there is no such key; likewise if an entry cannot have such a name. */
td_status td_draft_find(td_config_draft *draft, td_place place, const char *name,
                        td_setting *setting);

/* Returns entry i of a section of config. */
const void *td_section_entry(const td_config_section *section, const td_config *config, size_t i,
                             const char **name);

/* Returns the number of a section's entries. */
size_t td_section_count(const td_config_section *section, const td_config *config);

/* A key of an entry by its full name. */
typedef struct {
    char text[TD_QUOTE_SIZE + 2 * TD_ENTRY_LONGEST];
} td_config_name;

/* Returns section.entry.key. */
td_config_name td_section_key_name(const td_config_section *section, const char *entry,
                                   const char *key);

/* Returns the entry of this name, NULL if there is none. */
const void *td_section_find(const td_config_section *section, const td_config *config,
                            const char *name);

/* Tells whether a NAMES key may list a name: a choice of its own, or for a list of features one
 * that the section `features` has. */
bool td_key_knows(const td_config_key *key, const td_config *config, const char *name);

/* Answers TD_ERR_CONFIG with "PLACE: NAME: expected ..., found FOUND". config (NULL: none) has the
 * names that a NAMES key may list besides its own. */
td_status td_key_fail(td_place place, const td_config_key *key, const char *name,
                      const td_config *config, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
