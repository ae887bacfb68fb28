/* A line cut into fields. */
#ifndef TD_TEXT_FIELDS_H
#define TD_TEXT_FIELDS_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stddef.h>

/* Where fields begin and end. */
typedef struct td_field_form {
    const char *separator; /* one character or more; NULL: each run of blanks and tabs is one, and
                              those before the first field and after the last are none */
    char quote; /* a field that begins with it ends with it, may hold separators, and has two for
                   one (RFC 4180); '\0': none has */
    bool trim;  /* blanks and tabs around a field, outside its quotes, are not of it */
} td_field_form;

/* Local. Cuts line and sets *count to the number of fields, of which the first limit are kept in
 * fields. A quoted one is unescaped in place, and must end on its line (TD_ERR_INPUT). */
td_status td_fields_split(const td_line *line, const td_field_form *form, size_t limit,
                          td_str *fields, size_t *count);

/* Local. Returns how many fields a line with this separator of one character has at most. */
size_t td_fields_most(const td_line *line, char separator);

/* Local. Where a record that may go on over line ends stands, and begins as {0}. */
typedef struct {
    size_t at;   /* bytes that were looked at */
    bool quoted; /* they end within a quoted field */
} td_record_end;

/* Local. Looks on at text, which must end before a line end or at the text's end. Returns whether
 * the record ends with it. */
bool td_record_ends(const td_field_form *form, const char *text, size_t length, td_record_end *end);

#endif
