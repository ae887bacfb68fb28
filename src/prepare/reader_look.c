/* Cells as values, and what is wrong with those that are none. */
#include "base/log.h"
#include "prepare/cell.h"
#include "prepare/reader_row.h"
#include "text/decimal.h"
#include "text/excerpt.h"
#include "text/none_words.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static bool is_missing(const td_source_field *source, td_str cell)
{
    bool found = cell.length == 0;
    float number, of_text;
    if (!source) /* a key */
        return found;
    const bool is_number = !found && source->missing > 0 && source->kind == TD_KIND_NUMBER &&
                           td_cell_number(source, cell, &number);
    for (size_t m = 0; !found && m < source->missing; m++) {
        const char *text = source->missing_texts[m];
        const size_t length = strlen(text);
        found = cell.length == length && memcmp(cell.text, text, length) == 0;
        if (!found && is_number) /* 99.00 is 99 */
            found = td_cell_number(source, (td_str){text, length}, &of_text) && number == of_text;
    }
    return found;
}

static td_status look_at_name(const td_row_field *field, const td_line *line, td_str cell)
{
    const bool is_user = field->source && field->source->role == TD_ROLE_USER;
    if (field->look == TD_LOOK_KEY && cell.length == 0)
        return TD_LINE_FAIL(line, "expected %s, found an empty field%s", field->key,
                            is_user ? "; --without-user, or without_user in a schema, says what "
                                      "becomes of such rows"
                                    : "");
    const int64_t pending = field->pending ? field->pending->names.count : 0;
    if (td_vocabulary_count(field->names) + pending >= TD_VOCABULARY_MAX)
        return TD_LINE_FAIL(line, "expected fewer than %d users and items", TD_VOCABULARY_MAX);
    return TD_OK;
}

static td_status look_at_known(td_row_field *field, const td_line *line, td_str cell)
{
    if (cell.length == 0)
        return TD_LINE_FAIL(line, "expected %s, found an empty field", field->key);
    field->id = td_vocabulary_find(field->known, cell);
    return field->id > 0 ? TD_OK
                         : TD_LINE_FAIL(line,
                                        "expected an item of the item list, found '%s'; --skip-bad "
                                        "N leaves up to N such lines out, `unlisted: item` in a "
                                        "schema makes items of such names",
                                        td_excerpt_of_str(cell).text);
}

/* What makes a number of a cell, or none of it: what a message ends with. */
static const char *number_cure(const td_source_field *source, td_str cell)
{
    const td_source_field with_comma = {.has_decimal_comma = !source->has_decimal_comma};
    const td_source_field with_groups = {.thousands = ','};
    if (cell.length == 0 && source->role == TD_ROLE_LABEL)
        return "; where it is none, say missing: [''] in a schema, or --missing ''";
    if (td_is_none_word(cell) && source->role != TD_ROLE_WEIGHT)
        return "; where it stands for none, missing in a schema, or --missing, says so";
    if (td_cell_number(&with_comma, cell, &(float){0}))
        return source->has_decimal_comma ? "; the schema says decimal: ','"
                                         : "; decimal: ',' in a schema reads it";
    return !source->has_decimal_comma && td_cell_number(&with_groups, cell, &(float){0})
               ? "; thousands: ',' in a schema reads it"
               : "";
}

static td_status look_at_number(td_row_field *field, const td_line *line, td_str cell)
{
    const bool is_weight = field->source->role == TD_ROLE_WEIGHT;
    if (td_cell_number(field->source, cell, &field->number) && (field->number > 0 || !is_weight))
        return TD_OK;
    return TD_LINE_FAIL(line, "expected a finite number %sas %s, found '%s'%s",
                        is_weight ? "above 0 " : "", field->source->name,
                        td_excerpt_of_str(cell).text, number_cure(field->source, cell));
}

static td_status look_at_time(td_row_field *field, const td_line *line, td_str cell)
{
    const td_time_form *form = &field->time_form;
    const char *name = field->source->name;
    td_read_time *last = &field->last;
    if (last->length > 0 && cell.length == last->length &&
        memcmp(cell.text, last->text, cell.length) == 0)
        return TD_OK; /* as events come that are logged by the second */
    if (td_time_read_as(form, cell.text, cell.length, &field->time)) {
        last->length = cell.length <= sizeof last->text ? cell.length : 0;
        memcpy(last->text, cell.text, last->length);
        return TD_OK;
    }
    if (cell.length == 0)
        return TD_LINE_FAIL(line,
                            "expected a time as %s, found ''; where it is none, say missing: [''] "
                            "in a schema, or --missing ''",
                            name);
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

static td_status look_at_flags(const td_source_field *source, const td_line *line,
                               const td_str *cells)
{
    for (size_t c = 0; c < source->columns; c++)
        if (cells[c].length > 1 ||
            (cells[c].length == 1 && *cells[c].text != '0' && *cells[c].text != '1'))
            return TD_LINE_FAIL(line, "expected 0 or 1 for %s of %s, found '%s'", source->flags[c],
                                source->name, td_excerpt_of_str(cells[c]).text);
    return TD_OK;
}

static td_status look_at_vector(const td_row_field *field, const td_line *line, td_str cell)
{
    if (td_cell_vector(field->source, cell, field->vector))
        return TD_OK;
    return TD_LINE_FAIL(line, "expected %" PRId64 " finite numbers as %s, found '%s'",
                        field->source->width, field->source->name, td_excerpt_of_str(cell).text);
}

static td_status look_at_weights(const td_source_field *source, const td_line *line, td_str cell)
{
    td_cell_names names = td_cell_begin(source, cell);
    while (td_cell_next(&names))
        if (names.is_wrong)
            return TD_LINE_FAIL(line,
                                "expected names with weights above 0 (name:0.5) as %s, found '%s'",
                                source->name, td_excerpt_of_str(cell).text);
    return TD_OK;
}

/* A cell of one value must not be a list, as JSON has them. */
static td_status look_for_list(const td_row_field *field, const td_line *line, td_str cell)
{
    const bool may_be = field->keep == TD_KEEP_NAMES || field->keep == TD_KEEP_VECTOR ||
                        field->keep == TD_KEEP_WEIGHTS;
    if (may_be || cell.length == 0 || !memchr(cell.text, TD_CELL_LIST, cell.length))
        return TD_OK;
    return TD_LINE_FAIL(line, "expected one value%s%s, found a list", field->source ? " as " : "",
                        field->source ? field->source->name : "");
}

static td_status look_at(td_row_field *field, const td_line *line, const td_str *cells)
{
    switch (field->look) {
    case TD_LOOK_KEY:
    case TD_LOOK_NAME:
        return look_at_name(field, line, *cells);
    case TD_LOOK_KNOWN:
        return look_at_known(field, line, *cells);
    case TD_LOOK_NUMBER:
        return look_at_number(field, line, *cells);
    case TD_LOOK_TIME:
        return look_at_time(field, line, *cells);
    case TD_LOOK_FLAGS:
        return look_at_flags(field->source, line, cells);
    case TD_LOOK_VECTOR:
        return look_at_vector(field, line, *cells);
    case TD_LOOK_WEIGHTS:
        return look_at_weights(field->source, line, *cells);
    case TD_LOOK_NOTHING:
        break;
    }
    return TD_OK;
}

td_status td_row_look(td_row *row, const td_line *line)
{
    for (size_t i = 0; i < row->count; i++) {
        td_row_field *field = row->order[i];
        const td_str *cells = row->cells + field->column;
        if (field->may_miss) {
            field->is_missing = is_missing(field->source, *cells);
            if (field->is_missing)
                continue;
        }
        if (row->is_json)
            TD_TRY(look_for_list(field, line, *cells));
        TD_TRY(look_at(field, line, cells));
    }
    return TD_OK;
}

td_time_form td_row_guess_time(const td_table *table, const char *path,
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
        if (is_missing(source, cell))
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

/* Whether a cell has several words, each with a digit: ids, and no title. */
static bool looks_like_ids(td_str cell)
{
    size_t words = 0;
    bool in_word = false, has_digit = true;
    for (size_t i = 0; i <= cell.length; i++) {
        const bool ends = i == cell.length || strchr(" ,|", cell.text[i]);
        if (ends && in_word && !has_digit)
            return false;
        words += ends && in_word;
        if (!ends)
            has_digit = (in_word && has_digit) || isdigit((unsigned char)cell.text[i]);
        in_word = !ends;
    }
    return words > 1;
}

td_status td_row_check_names(const td_table *table, const char *path, const td_source_field *source)
{
    const size_t count = td_table_sample_count(table);
    size_t lists = 0, last = 0;
    for (size_t i = 0; i < count; i++)
        if (looks_like_ids(td_table_sample_cell(table, i, source->column))) {
            lists++;
            last = i;
        }
    if (lists == 0 || 2 * lists < count)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected one name as %s, found '%s' and the like in %zu of the first %zu "
                   "rows; lines of a user and its items are read by --format lists; if it is one "
                   "name, say so by a schema (--describe --write-schema FILE makes one)",
                   path, source->name,
                   td_excerpt_of_str(td_table_sample_cell(table, last, source->column)).text, lists,
                   count);
}
