/* Where a configuration's text is wrong, and the messages that say so. Internal to base.
 *
 * All functions are Local. Each td_place_fail_* answers TD_ERR_CONFIG.
 */
#ifndef TD_BASE_CONFIG_PLACE_H
#define TD_BASE_CONFIG_PLACE_H

#include "base/config_table.h"
#include "tandem/status.h"

#include <stddef.h>

/* A place in a file, or the whole of `where` if line is 0. Lines and columns start at 1. */
typedef struct {
    const char *where;
    size_t line, column;
} td_place;

enum { TD_QUOTE_SIZE = 96 }; /* bytes of a quotation, at most */

/* Copies length bytes of text for a message: shortened, and without control characters. */
void td_quote(const char *text, size_t length, char quoted[TD_QUOTE_SIZE]);

/* "PLACE: WHAT". */
td_status td_place_fail(td_place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "PLACE: KEY: expected ..., found FOUND". */
td_status td_place_fail_value(td_place place, const td_config_key *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "PLACE: there is no key 'NAME'; the nearest is ...". */
td_status td_place_fail_key(td_place place, const char *name);

#endif
