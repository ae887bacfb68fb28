/* The users and items of a data file by the names that people type.
 *
 * An item is named as in the data, by its title or by its id (prepare --item-key), else by any id
 * or the title of a row of the item list. A title that several items have names none of them. All
 * functions but td_known_names_read are Local.
 */
#ifndef TD_SERVE_KNOWN_NAMES_H
#define TD_SERVE_KNOWN_NAMES_H

#include "base/str.h"
#include "data/dataset.h"
#include "tandem/trained_model.h"
#include "text/fields.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct td_known_names td_known_names;

/* Collective. Reads all names, on every rank. Free them with td_known_names_free; NULL may be
 * freed. */
td_status td_known_names_read(td_dataset *data, td_known_names **out);
void td_known_names_free(td_known_names *known);

/* What a name turned out to be. */
typedef struct {
    int32_t id;    /* row of the table; 0 for an unknown one, and a user without training rows */
    int64_t place; /* of a user in the data file, from 0; -1 of one that it lacks, and of items */
    char *note;    /* says what it has no id for, and what was perhaps meant; NULL for one that has.
                      The caller frees it with td_free. */
} td_found;

td_found td_known_names_user(const td_known_names *known, td_str name, bool with_nearest);
td_found td_known_names_item(const td_known_names *known, td_str name, bool with_nearest);

/* The same without a note. The names that are nearest to one take a look at every name. */
int64_t td_known_names_user_place(const td_known_names *known, td_str name);
int32_t td_known_names_user_id(const td_known_names *known, td_str name);
int32_t td_known_names_item_id(const td_known_names *known, td_str name);

/* Whether a name without an id is a title that several items have. */
bool td_known_names_is_shared(const td_known_names *known, td_str name);

/* The names of ids 1 and up. The title of an item is its name where the data have no titles. */
td_str td_known_names_of_user(const td_known_names *known, int32_t user);
td_str td_known_names_of_item(const td_known_names *known, int32_t item);
td_str td_known_names_title(const td_known_names *known, int32_t item);

/* TD_UNKNOWN_AUTO becomes one of the others. */
static inline td_unknown td_unknown_of(td_unknown unknown, bool is_single)
{
    if (unknown != TD_UNKNOWN_AUTO)
        return unknown;
    return is_single ? TD_UNKNOWN_REFUSE : TD_UNKNOWN_ALLOW;
}

/* Answers to what was found of a name, by itself or in a table: TD_ERR_INPUT, with the note as
 * message, if it has no id and unknown says so. */
td_status td_found_check(const td_found *found, bool is_single, td_unknown unknown);

/* Returns the notes of two, joined; NULL if there is none. Frees them. */
char *td_found_join_notes(td_found *first, td_found *second);

#endif
