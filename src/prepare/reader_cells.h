/* Cells of a line as values of a field. All functions are Local. */
#ifndef TD_PREPARE_READER_CELLS_H
#define TD_PREPARE_READER_CELLS_H

#include "base/str.h"
#include "prepare/source.h"
#include "text/lines.h"
#include "text/table.h"
#include "text/time_text.h"

#include <stdbool.h>
#include <stdint.h>

/* Read a number, which is above 0 as a weight; a time; and check that the cells of flags are 0, 1
 * or empty. TD_ERR_INPUT for what is none, with the line's place. */
td_status td_cell_number(const td_source_field *source, const td_line *line, td_str cell,
                         float *number);
td_status td_cell_time(const td_source_field *source, const td_time_form *form, const td_line *line,
                       td_str cell, int64_t *time);
td_status td_cell_flags(const td_source_field *source, const td_line *line, const td_str *cells);

/* Check the numbers of a vector, or the weights of categories. */
td_status td_cell_list(const td_source_field *source, const td_line *line, td_str cell);

/* Whether a cell has no value: an empty one, or one of the field's texts. */
bool td_cell_is_missing(const td_source_field *source, td_str cell);

/* The form of a field of times: as its source says, or with the unit of its first values, by their
 * size. A guess of another unit than seconds is said; a column that begins with dates has no unit.
 */
td_time_form td_cell_guess_time(const td_table *table, const char *path,
                                const td_source_field *source);

#endif
