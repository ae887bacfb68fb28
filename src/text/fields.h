/* A line cut into fields. */
#ifndef TD_TEXT_FIELDS_H
#define TD_TEXT_FIELDS_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stddef.h>

/* Local. Cuts line at each separator (one character or more) and sets *count to the number of
 * fields, of which the first limit are kept in fields. If quoted, fields follow RFC 4180: one that
 * starts with " ends with ", may hold separators, and has "" for "; it is unescaped in place, and
 * must end on its line (TD_ERR_INPUT). */
td_status td_fields_split(const td_line *line, const char *separator, bool quoted, size_t limit,
                          td_str *fields, size_t *count);

#endif
