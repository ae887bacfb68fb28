/* A header is told by what stands below it: its cells are no numbers or times where all others of a
 * column are, and look otherwise; or by its words. */
#include "base/memory.h"
#include "text/column_words.h"
#include "text/date_forms.h"
#include "text/decimal.h"
#include "text/guess.h"
#include "text/none_words.h"
#include "text/time_text.h"

#include <ctype.h>
#include <string.h>

enum { LINES = 100, LOOKED_AT = 256 };

static bool is_number(td_str cell)
{
    float number;
    return td_decimal_float(cell.text, cell.length, &number);
}

static bool is_value(td_str cell)
{
    int64_t time;
    return is_number(cell) || td_time_read(cell.text, cell.length, &time) || td_date_looks(cell);
}

static bool is_none(td_str cell)
{
    return cell.length == 0 || td_is_none_word(cell);
}

static bool has_digit(td_str cell)
{
    for (size_t i = 0; i < cell.length; i++)
        if (isdigit((unsigned char)cell.text[i]))
            return true;
    return false;
}

/* Whether a cell can be what it should be: an empty one may. */
static bool parses(td_cell kind, td_str cell)
{
    int64_t time;
    return cell.length == 0 || (kind == TD_CELL_NUMBER && is_number(cell)) ||
           (kind == TD_CELL_TIME &&
            (td_time_read(cell.text, cell.length, &time) || is_number(cell)));
}

/* What the first lines say of wanted columns. */
typedef struct {
    bool declared;           /* some are to be numbers or times */
    bool first_parses;       /* of these one does, in the first line */
    bool others_parse;       /* and in another */
    bool first_has_word;     /* a cell of the first line is a word of users or items */
    bool first_is_number;    /* and one is a number */
    bool others_are_numbers; /* a column has numbers alone below the first line */
} wanted_cells;

/* What they say of any column, of whose cells those that stand for none do not count. */
typedef struct {
    char *first;      /* the first line's cell */
    bool recurs;      /* it is met again */
    size_t others;    /* cells below it, */
    bool are_values;  /* which are all numbers or times, */
    bool have_digits; /* or all have a digit */
} column_cells;

typedef struct {
    wanted_cells wanted;
    size_t count; /* of the first line's columns */
    column_cells column[LOOKED_AT];
} evidence;

static bool is_known_word(td_str cell)
{
    const td_column_word word = td_column_word_of(cell);
    return td_column_means(&word, TD_COLUMN_USER) || td_column_means(&word, TD_COLUMN_ITEM);
}

static bool is_any_word(td_str cell)
{
    const td_column_word word = td_column_word_of(cell);
    for (int m = 0; m < TD_COLUMN_MEANINGS; m++)
        if (td_column_fits(&word, (td_column_meaning)m) != TD_FIT_NONE)
            return true;
    return false;
}

/* Looks at the cells of wanted columns, which numbers, (form->count), says are numbers so far. */
static void weigh_wanted(const td_table_form *form, const td_str *fields, const size_t *column,
                         bool first, wanted_cells *e, bool *numbers)
{
    for (size_t c = 0; c < form->count; c++) {
        const td_str cell = fields[column[c]];
        const td_cell kind = form->cells ? form->cells[c] : TD_CELL_TEXT;
        bool *parsed = first ? &e->first_parses : &e->others_parse;
        e->declared = e->declared || kind > TD_CELL_NAME;
        *parsed = *parsed || (kind > TD_CELL_NAME && parses(kind, cell));
        if (first) {
            e->first_has_word = e->first_has_word || is_known_word(cell);
            e->first_is_number = e->first_is_number || is_number(cell);
            numbers[c] = cell.length == 0 || !is_none(cell);
        } else {
            numbers[c] = numbers[c] && is_number(cell);
        }
    }
}

static void weigh_columns(const td_str *fields, size_t count, bool first, evidence *e)
{
    if (first)
        e->count = count < LOOKED_AT ? count : LOOKED_AT;
    for (size_t c = 0; c < count && c < e->count; c++) {
        column_cells *column = &e->column[c];
        if (first) {
            *column = (column_cells){td_str_copy(fields[c]), false, 0, true, true};
            continue;
        }
        const td_str above = {column->first, strlen(column->first)};
        if (is_none(fields[c]))
            continue;
        column->others++;
        column->recurs = column->recurs || td_str_compare(above, fields[c]) == 0;
        column->are_values = column->are_values && is_value(fields[c]);
        column->have_digits = column->have_digits && has_digit(fields[c]);
    }
}

/* Whether a line is the first one again, as where files were joined. */
static bool is_first(const evidence *e, const td_str *fields, size_t count)
{
    bool same = e->count > 0 && count >= e->count;
    for (size_t c = 0; c < e->count && same; c++)
        same = td_str_compare(fields[c],
                              (td_str){e->column[c].first, strlen(e->column[c].first)}) == 0;
    return same;
}

static void weigh(const char *path, td_str start, bool whole, const td_table_form *form,
                  evidence *e)
{
    td_sample sample = td_sample_of(path, start, whole, form);
    bool *numbers = TD_NEW(bool, form->count);
    size_t *column = TD_NEW(size_t, form->count), last = 0, lines = 0, count;
    for (size_t c = 0; c < form->count; c++) {
        td_column_number(form->columns[c], &column[c]);
        last = column[c] > last ? column[c] : last;
    }
    const size_t limit = last >= LOOKED_AT ? last + 1 : LOOKED_AT;
    td_str *fields = TD_NEW(td_str, limit);
    while (lines < LINES && td_sample_next(&sample)) {
        const bool cut =
            td_fields_split(&sample.line, &form->fields, limit, fields, &count) == TD_OK;
        if (!cut || count <= last) {
            if (lines == 0)
                break; /* it is no header, and no row */
            continue;
        }
        count = count < limit ? count : limit;
        weigh_wanted(form, fields, column, lines == 0, &e->wanted, numbers);
        if (lines == 0 || !is_first(e, fields, count))
            weigh_columns(fields, count, lines == 0, e);
        lines++;
    }
    for (size_t c = 0; c < form->count && lines > 1; c++)
        e->wanted.others_are_numbers = e->wanted.others_are_numbers || numbers[c];
    td_free(sample.line.text);
    td_free(numbers);
    td_free(fields);
    td_free(column);
}

/* Guesses by all columns, where those that are wanted say nothing. A first line is a row where a
 * cell of it is a number or a time, is met again, or has digits as all below it have. */
static td_first_line guess_by_columns(const evidence *e, bool *certain)
{
    size_t values = 0, shapes = 0, words = 0, same = 0;
    bool is_row = false;
    for (size_t c = 0; c < e->count; c++) {
        const column_cells *column = &e->column[c];
        const td_str first = {column->first, strlen(column->first)};
        if (is_none(first))
            continue;
        const bool digits = has_digit(first);
        is_row = is_row || is_value(first);
        same += column->recurs || (digits && column->have_digits && column->others > 0);
        values += column->others > 0 && column->are_values;
        shapes += column->others > 1 && column->have_digits && !digits;
        words += !column->recurs && is_any_word(first);
    }
    const bool is_header = !is_row && same == 0 && (values > 0 || words > 1 || shapes > 0);
    *certain = is_header ? values > 0 : is_row || (same > 0 && values == 0);
    return is_header ? TD_FIRST_HEADER : TD_FIRST_ROW;
}

static td_first_line guess(const evidence *e, bool *certain)
{
    const wanted_cells *wanted = &e->wanted;
    *certain = true;
    if (wanted->declared)
        return !wanted->first_parses && wanted->others_parse ? TD_FIRST_HEADER : TD_FIRST_ROW;
    if (wanted->first_is_number)
        return TD_FIRST_ROW;
    if (wanted->others_are_numbers || wanted->first_has_word)
        return TD_FIRST_HEADER;
    return guess_by_columns(e, certain);
}

td_first_line td_guess_first_line(const char *path, td_str start, bool whole,
                                  const td_table_form *form, bool *certain)
{
    size_t column;
    *certain = true;
    for (size_t c = 0; c < form->count; c++)
        if (!td_column_number(form->columns[c], &column))
            return TD_FIRST_HEADER;
    evidence *e = TD_NEW(evidence, 1);
    weigh(path, start, whole, form, e);
    const td_first_line found = guess(e, certain);
    for (size_t c = 0; c < e->count; c++)
        td_free(e->column[c].first);
    td_free(e);
    return found;
}
