/* Lines cut into the wanted fields. */
#include "text/table.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/same_file.h"
#include "text/decimal.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_MAX = 1 << 20 };

struct td_table {
    const td_table_form *form;
    td_lines *lines;
    int64_t header; /* its line's number, 0 if there is none */
    size_t width;   /* fields of a line, 0 if not known yet */
    size_t last;    /* the wanted column with the highest number */
    size_t *column; /* (form->count) of the wanted ones, from 0 */
    td_str *fields; /* those up to the last wanted one */
};

static const char *separator_name(const td_table *table)
{
    return strcmp(table->form->separator, "\t") == 0 ? "tab" : table->form->separator;
}

/* Reads a column's number in text; false if it is none. */
static bool column_number(const char *text, size_t *column)
{
    int64_t number;
    if (!td_decimal_whole(text, strlen(text), COLUMN_MAX, &number) || number == 0)
        return false;
    *column = (size_t)number - 1;
    return true;
}

/* Finds the column called name among the header's fields; false if there is none. */
static bool column_called(const char *name, size_t count, const td_str *header, size_t *column)
{
    for (size_t i = 0; i < count; i++) {
        if (header[i].length == strlen(name) && memcmp(header[i].text, name, strlen(name)) == 0) {
            *column = i;
            return true;
        }
    }
    return false;
}

static td_status find_columns(td_table *table, const td_line *line)
{
    td_excerpt shown = td_excerpt_of(line->text, line->length);
    size_t count = 0, limit = line->length + 1;
    td_str *header = TD_NEW(td_str, limit);
    td_status status = td_line_check(line);
    if (status == TD_OK)
        status = td_fields_split(line, table->form->separator, table->form->quoted, limit, header,
                                 &count);
    for (size_t c = 0; c < table->form->count && status == TD_OK; c++) {
        const char *name = table->form->columns[c];
        if (column_called(name, count, header, &table->column[c]))
            continue;
        if (!column_number(name, &table->column[c]) || table->column[c] >= count)
            status = TD_LINE_FAIL(line, "expected a header with the column '%s', found '%s'", name,
                                  shown.text);
    }
    table->width = count;
    td_free(header);
    return status;
}

static td_status number_columns(td_table *table)
{
    for (size_t c = 0; c < table->form->count; c++) {
        const char *name = table->form->columns[c];
        if (!column_number(name, &table->column[c]))
            return td_fail(TD_ERR_USAGE,
                           "%s: expected a number from 1 for a column of a file "
                           "without header, found '%s'",
                           table->form->path, name);
    }
    return TD_OK;
}

static td_status read_header(td_table *table)
{
    td_line line;
    bool found;
    table->width = table->form->width;
    if (!table->form->header)
        return number_columns(table);
    TD_TRY(td_lines_next(table->lines, &line, &found));
    if (!found)
        return td_fail(TD_ERR_INPUT, "%s: expected a header, found only empty lines",
                       table->form->path);
    table->header = line.number;
    return find_columns(table, &line);
}

td_status td_table_open(td_comm *comm, const td_table_form *form, td_table **out)
{
    td_table *table = TD_NEW(td_table, 1);
    table->form = form;
    table->column = TD_NEW(size_t, form->count);
    td_status status =
        td_same_file_agree(comm, td_lines_open(form->path, form->encoding, &table->lines));
    if (status == TD_OK)
        status =
            td_same_file_check(comm, form->path, td_input_descriptor(td_lines_input(table->lines)));
    if (status == TD_OK)
        status = td_comm_agree(comm, read_header(table));
    for (size_t c = 0; c < form->count; c++)
        if (table->column[c] > table->last)
            table->last = table->column[c];
    table->fields = TD_NEW(td_str, table->last + 1);
    *out = table;
    if (status != TD_OK) {
        td_table_close(table);
        *out = NULL;
    }
    return status;
}

void td_table_close(td_table *table)
{
    if (!table)
        return;
    td_lines_close(table->lines);
    td_free(table->column);
    td_free(table->fields);
    td_free(table);
}

td_status td_table_next(td_table *table, td_line *line, bool *found)
{
    do
        TD_TRY(td_lines_next(table->lines, line, found));
    while (*found && line->number <= table->header);
    return TD_OK;
}

td_lines *td_table_lines(td_table *table)
{
    return table->lines;
}

void td_table_look_ahead(td_table *table, int64_t tries)
{
    td_str *fields = TD_NEW(td_str, table->form->count);
    td_line line;
    bool found = true, good = false;
    for (int64_t bad = 0; found && !good && bad <= tries; bad++) {
        td_status status = td_table_next(table, &line, &found);
        found = found && status == TD_OK;
        good = found && td_table_cut(table, &line, fields) == TD_OK;
    }
    td_free(fields);
}

td_status td_table_select(td_table *table, int64_t begin, int64_t end, int64_t ends)
{
    return td_lines_select(table->lines, begin, end, ends);
}

static td_status check_width(td_table *table, const td_line *line, size_t count)
{
    if (table->width == 0)
        table->width = count;
    if (!table->form->ragged && count != table->width)
        return TD_LINE_FAIL(line, "expected %zu fields separated by '%s', found %zu", table->width,
                            separator_name(table), count);
    if (count <= table->last)
        return TD_LINE_FAIL(line, "expected at least %zu fields separated by '%s', found %zu",
                            table->last + 1, separator_name(table), count);
    return TD_OK;
}

td_status td_table_cut(td_table *table, const td_line *line, td_str *fields)
{
    const td_table_form *form = table->form;
    size_t count;
    TD_TRY(td_line_check(line));
    TD_TRY(td_fields_split(line, form->separator, form->quoted, table->last + 1, table->fields,
                           &count));
    TD_TRY(check_width(table, line, count));
    for (size_t c = 0; c < form->count; c++)
        fields[c] = table->fields[table->column[c]];
    return TD_OK;
}

td_status td_bad_lines_skip(td_bad_lines *bad, const td_line *line)
{
    char message[1][TD_BAD_LINE_BYTES];
    snprintf(*message, sizeof *message, "%s", td_message());
    if (bad->skipped < bad->limit) {
        bad->skipped++;
        td_bad_lines_show(bad, 1, message);
        return TD_OK;
    }
    const char *cut = line->ended ? "" : " (the last line, without a line end: is the file cut?)";
    if (bad->limit == 0)
        return td_fail(TD_ERR_INPUT, "%s%s", *message, cut);
    return td_fail(TD_ERR_INPUT, "%s%s, after %" PRId64 " bad lines were left out", *message, cut,
                   bad->skipped);
}

void td_bad_lines_show(td_bad_lines *bad, size_t count, char (*message)[TD_BAD_LINE_BYTES])
{
    for (size_t i = 0; i < count && bad->shown < TD_BAD_LINES_SHOWN; i++)
        memcpy(bad->message[bad->shown++], message[i], sizeof message[i]);
}

void td_bad_lines_tell(const td_bad_lines *bad)
{
    for (int64_t i = 0; i < bad->shown; i++)
        td_warn("left out %s", bad->message[i]);
}
