/* Cells as values, and what is wrong with those that are none. */
#include "prepare/reader_cells.h"

#include "base/log.h"
#include "base/memory.h"
#include "prepare/cell.h"
#include "text/decimal.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <string.h>

td_status td_cell_number(const td_source_field *source, const td_line *line, td_str cell,
                         float *number)
{
    const bool is_weight = source->role == TD_ROLE_WEIGHT;
    if (td_decimal_float(cell.text, cell.length, number) && (*number > 0 || !is_weight))
        return TD_OK;
    return TD_LINE_FAIL(line, "expected a finite number %sas %s, found '%s'",
                        is_weight ? "above 0 " : "", source->name, td_excerpt_of_str(cell).text);
}

td_status td_cell_time(const td_source_field *source, const td_time_form *form, const td_line *line,
                       td_str cell, int64_t *time)
{
    const char *name = source->name;
    if (td_time_read_as(form, cell.text, cell.length, time))
        return TD_OK;
    if (form->format)
        return TD_LINE_FAIL(line, "expected a time like %s as %s, found '%s'", form->format, name,
                            td_excerpt_of_str(cell).text);
    if (form->guessed)
        return TD_LINE_FAIL(
            line,
            "expected %s as %s, as its first values are; found '%s'; the unit is said "
            "by --timestamp-unit, or unit in a schema",
            td_time_unit_words(form->unit), name, td_excerpt_of_str(cell).text);
    return TD_LINE_FAIL(line,
                        "expected " TD_TIME_EXPECTED ", as %s, found '%s'; other forms are said by "
                        "--timestamp-format, or format in a schema",
                        name, td_excerpt_of_str(cell).text);
}

td_status td_cell_list(const td_source_field *source, const td_line *line, td_str cell)
{
    if (source->kind == TD_KIND_VECTOR) {
        float *values = TD_NEW(float, (size_t)source->width);
        const bool reads = td_cell_vector(source, cell, values);
        td_free(values);
        return reads ? TD_OK
                     : TD_LINE_FAIL(line, "expected %" PRId64 " finite numbers as %s, found '%s'",
                                    source->width, source->name, td_excerpt_of_str(cell).text);
    }
    td_cell_names names = td_cell_begin(source, cell);
    while (td_cell_next(&names))
        if (names.is_wrong)
            return TD_LINE_FAIL(line,
                                "expected names with weights above 0 (name:0.5) as %s, found '%s'",
                                source->name, td_excerpt_of_str(cell).text);
    return TD_OK;
}

td_status td_cell_flags(const td_source_field *source, const td_line *line, const td_str *cells)
{
    for (size_t c = 0; c < source->columns; c++)
        if (cells[c].length > 1 ||
            (cells[c].length == 1 && *cells[c].text != '0' && *cells[c].text != '1'))
            return TD_LINE_FAIL(line, "expected 0 or 1 for %s of %s, found '%s'", source->flags[c],
                                source->name, td_excerpt_of_str(cells[c]).text);
    return TD_OK;
}

bool td_cell_is_missing(const td_source_field *source, td_str cell)
{
    bool found = cell.length == 0;
    float number, of_text;
    const bool is_number = !found && source->missing > 0 && source->kind == TD_KIND_NUMBER &&
                           td_decimal_float(cell.text, cell.length, &number);
    for (size_t m = 0; !found && m < source->missing; m++) {
        const char *text = source->missing_texts[m];
        const size_t length = strlen(text);
        found = cell.length == length && memcmp(cell.text, text, length) == 0;
        if (!found && is_number) /* 99.00 is 99 */
            found = td_decimal_float(text, length, &of_text) && number == of_text;
    }
    return found;
}

td_time_form td_cell_guess_time(const td_table *table, const char *path,
                                const td_source_field *source)
{
    const size_t count = td_table_sample_count(table);
    td_time_form form = source->time;
    td_time_unit found = TD_TIME_AUTO;
    if (form.format || form.unit != TD_TIME_AUTO)
        return form;
    for (size_t i = 0; i < count; i++) {
        const td_str cell = td_table_sample_cell(table, i, source->column);
        const td_time_unit unit = td_time_unit_of(cell.text, cell.length);
        if (td_cell_is_missing(source, cell))
            continue;
        if (unit == TD_TIME_AUTO)
            return form; /* a date */
        if (found == TD_TIME_AUTO || (found == TD_TIME_DAY && unit != TD_TIME_DAY) ||
            (unit > found && unit < TD_TIME_DAY))
            found = unit;
    }
    if (found == TD_TIME_AUTO)
        return form;
    if (found != TD_TIME_S)
        td_log(
            "%s: %s is taken for %s, by the size of its first values (--timestamp-unit, or unit in "
            "a schema, says another)",
            path, source->name, td_time_unit_words(found));
    return (td_time_form){.unit = found, .guessed = true};
}
