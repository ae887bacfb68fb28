/* What a table is, by how its first file begins. All functions are Local. */
#ifndef TD_TEXT_GUESS_H
#define TD_TEXT_GUESS_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/table.h"

#include <stdbool.h>

/* The lines at the start of a text, one after the other, each a copy that lasts until the next. */
typedef struct {
    const td_field_form *joins; /* lines go on in its quotes; NULL: none do */
    const char *comment;        /* lines that begin with it are none; NULL: all are */
    td_str rest;
    td_line line;
    size_t room;
} td_sample;

/* Begins at a text, of which the last line is left out unless whole; td_free the last line's text.
 */
td_sample td_sample_of(const char *path, td_str start, bool whole, const td_table_form *form);
bool td_sample_next(td_sample *sample);

/* Finds kind, separator, quotes and comments of a form that is AUTO. TD_ERR_INPUT where nothing
 * fits. */
td_status td_guess_form(const char *path, td_str start, bool whole, td_table_form *form);

/* Whether the first line of delimited text is a header or a row, the form's first_line being AUTO
 * (first_line.c); and whether that is as good as certain: a column is asked for by name, or words
 * of users and items, numbers or times tell. */
td_first_line td_guess_first_line(const char *path, td_str start, bool whole,
                                  const td_table_form *form, bool *certain);

/* TD_ERR_INPUT if delimited text is certain to be lines of JSON. */
td_status td_guess_check(const char *path, td_str start, const td_table_form *form);

/* Reads a column's number, from 1, as its place from 0; false if text is none. */
bool td_column_number(const char *text, size_t *column);

#endif
