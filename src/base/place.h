/* Where a text is wrong, and the messages that say so: one form for configurations, schemas and
 * whatever else people write for us.
 *
 * All functions are Local.
 */
#ifndef TD_BASE_PLACE_H
#define TD_BASE_PLACE_H

#include "base/str.h"
#include "tandem/status.h"

#include <stddef.h>
#include <stdint.h>

/* A place in a file, or the whole of `where` if line is 0. Lines and columns start at 1. */
typedef struct {
    const char *where;
    size_t line, column;
} td_place;

enum { TD_QUOTE_SIZE = 96 }; /* bytes of a quotation, at most */

/* Copies length bytes of text for a message: shortened, and without control characters. */
void td_quote(const char *text, size_t length, char quoted[TD_QUOTE_SIZE]);

/* Answers TD_ERR_CONFIG with "PLACE: WHAT". */
td_status td_place_fail(td_place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns the place of the name that needs the fewest edits to become one of count names. A name
 * counts without what stands before its last point, too. */
size_t td_nearest(const char *name, size_t count, const char *const *names);

/* Returns the place of choice in "a|b|c", -1 if it is not there. */
int td_choice_find(const char *choices, const char *choice);

/* Returns how many choices "a|b|c" has. */
int td_choice_count(const char *choices);

/* Returns the choice at place, which must exist. */
td_str td_choice_name(const char *choices, int64_t place);

#endif
