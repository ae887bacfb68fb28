/* Opening a table: its form, its header in each file, and a look at its first rows. */
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "text/excerpt.h"
#include "text/guess.h"
#include "text/table_parts.h"

#include <inttypes.h>
#include <string.h>

enum { LOOK = 1 << 16, SAMPLE_ROWS = 100 };

/* Finds the column called name among the header's fields; false if there is none. */
static bool column_called(td_str name, size_t count, const td_str *header, size_t *column)
{
    for (size_t i = 0; i < count; i++) {
        if (td_str_compare(header[i], name) == 0) {
            *column = i;
            return true;
        }
    }
    return false;
}

td_status td_table_cut_header(const td_table *table, const td_line *line, td_line *copy,
                              td_str **fields, size_t *count)
{
    const size_t limit = line->length + 1;
    *copy = *line;
    copy->text = TD_NEW(char, limit);
    memcpy(copy->text, line->text, line->length);
    *fields = TD_NEW(td_str, limit);
    return td_fields_split(copy, &table->form.fields, limit, *fields, count);
}

/* Returns a separator that cuts a header so that it has a column of this name; NULL if none does.
 */
static const char *other_separator(const td_line *line, td_str name, const char *separator)
{
    static const char *const tried[] = {",", ";", "\t", "|", "::", NULL};
    for (size_t s = 0; tried[s]; s++) {
        const td_field_form form = {tried[s], tried[s][1] ? '\0' : '"', true};
        td_line copy = *line;
        td_str *fields = TD_NEW(td_str, line->length + 1);
        size_t count = 0, column;
        copy.text = td_str_copy((td_str){line->text, line->length});
        const bool has = (!separator || strcmp(separator, tried[s]) != 0) &&
                         td_fields_split(&copy, &form, line->length + 1, fields, &count) == TD_OK &&
                         count > 1 && column_called(name, count, fields, &column);
        td_free(copy.text);
        td_free(fields);
        if (has)
            return strcmp(tried[s], "\t") == 0 ? "tab" : tried[s];
    }
    return NULL;
}

/* Says that the header has no column of this name, and which one is the nearest. */
static td_status fail_column(const td_table *table, const td_line *line, td_str name, size_t count,
                             const td_str *header)
{
    const char *other = other_separator(line, name, table->form.fields.separator);
    if (other)
        return TD_LINE_FAIL(line,
                            "expected a header with the column '%s', found '%s', which seems to "
                            "have '%s' between its fields: --separator '%s', or separator: '%s' in "
                            "a schema, reads it",
                            td_excerpt_of_str(name).text,
                            td_excerpt_of(line->text, line->length).text, other, other, other);
    char **names = TD_NEW(char *, count), *wanted = td_str_copy(name);
    for (size_t i = 0; i < count; i++)
        names[i] = td_str_copy(header[i]);
    const size_t nearest = td_nearest(wanted, count, (const char *const *)names);
    const td_status status = TD_LINE_FAIL(
        line, "expected a header with the column '%s', found '%s'; the nearest is '%s'",
        td_excerpt_of_str(name).text, td_excerpt_of(line->text, line->length).text,
        td_excerpt_of_str(header[nearest]).text);
    for (size_t i = 0; i < count; i++)
        td_free(names[i]);
    td_free(names);
    td_free(wanted);
    return status;
}

/* Finds the wanted columns in the header of file f: by name, or by number in the first file, whose
 * name there counts in the others. */
static td_status find_columns(const td_table *table, size_t f, const td_line *line)
{
    td_table_layout *mine = &table->layouts[f];
    const td_table_layout *first = &table->layouts[table->first];
    td_line copy, pattern = {.path = line->path, .text = first->text, .length = first->length};
    td_line pattern_copy = {.text = NULL};
    td_str *header, *names = NULL;
    size_t count = 0, named = 0;
    td_status status = td_table_cut_header(table, line, &copy, &header, &count);
    if (status == TD_OK && f != table->first)
        status = td_table_cut_header(table, &pattern, &pattern_copy, &names, &named);
    for (size_t c = 0; c < table->form.count && status == TD_OK; c++) {
        td_str name = {table->form.columns[c], strlen(table->form.columns[c])};
        if (column_called(name, count, header, &mine->column[c]))
            continue;
        const bool numbered = td_column_number(name.text, &mine->column[c]);
        if (numbered && f != table->first) {
            name = names[first->column[c]];
            if (column_called(name, count, header, &mine->column[c]))
                continue;
        }
        if (!numbered || f != table->first || mine->column[c] >= count)
            status = fail_column(table, line, name, count, header);
    }
    mine->width = count;
    td_free(copy.text);
    td_free(header);
    td_free(pattern_copy.text);
    td_free(names);
    return status;
}

static td_status read_header(td_table *table, size_t f)
{
    td_table_layout *mine = &table->layouts[f];
    td_line line;
    bool found;
    do
        TD_TRY(td_lines_next(td_files_lines(table->files), &line, &found));
    while (found && td_line_is_comment(&line, table->form.comment));
    if (!found && f != table->first)
        return TD_OK; /* it has no rows either */
    if (!found)
        return td_fail(TD_ERR_INPUT, "%s: expected a header, found only empty lines",
                       table->form.path);
    TD_TRY(td_line_check(&line));
    mine->header = line.number;
    mine->length = line.length;
    mine->text = TD_NEW(char, line.length + 1);
    memcpy(mine->text, line.text, line.length);
    return find_columns(table, f, &line);
}

/* The kind of error that columns are which cannot be. */
static td_status wrong_columns(const td_table *table)
{
    return table->form.is_by_schema ? TD_ERR_CONFIG : TD_ERR_USAGE;
}

static td_status number_columns(const td_table *table, td_table_layout *mine)
{
    for (size_t c = 0; c < table->form.count; c++) {
        const char *name = table->form.columns[c];
        if (!td_column_number(name, &mine->column[c]))
            return td_fail(wrong_columns(table),
                           "%s: expected a number from 1 for a column of a file "
                           "without header, found '%s'",
                           table->form.path, name);
        if (table->form.kind == TD_TABLE_LISTS && mine->column[c] > 1)
            return td_fail(wrong_columns(table),
                           "%s: expected 1, the first field of a list, or 2, the others, for a "
                           "column; found '%s'",
                           table->form.path, name);
    }
    return TD_OK;
}

/* Members of JSON objects have names. */
static td_status check_members(const td_table *table)
{
    size_t number;
    td_str start;
    TD_TRY(td_lines_peek(td_files_lines(table->files), LOOK, &start));
    for (size_t c = 0; c < table->form.count; c++)
        if (td_column_number(table->form.columns[c], &number))
            return td_fail(wrong_columns(table),
                           "%s: expected a member's name for a column of JSON objects%s, found "
                           "'%s'; they begin with '%s'",
                           table->form.path,
                           table->form.is_by_schema ? "" : ", such as --user-column NAME",
                           table->form.columns[c], td_excerpt_of_str(start).text);
    return TD_OK;
}

/* Says what the first line is taken for, where that is not certain. */
static void tell_first_line(const td_table *table, td_str start, bool certain)
{
    const bool header = table->form.first_line == TD_FIRST_HEADER;
    const char *end = memchr(start.text, '\n', start.length);
    size_t length = end ? (size_t)(end - start.text) : start.length;
    length -= length > 0 && start.text[length - 1] == '\r';
    if (certain && !header)
        return;
    const bool marked = !table->form.comment && length > 0 && strchr("#%", *start.text);
    td_log("%s: the first line, '%s', is taken for %s%s", table->form.path,
           td_excerpt_of(start.text, length).text,
           header ? "the header (--no-header, or header: no in a schema, if it is a row)"
                  : "a row (--header, or header: yes in a schema, if it names the columns)",
           !marked              ? ""
           : *start.text == '#' ? "; if lines with # are comments, say --comment '#'"
                                : "; if lines with % are comments, say --comment '%'");
}

const char *td_table_form_name(const td_table_form *form)
{
    const char *separator = form->fields.separator;
    if (form->kind == TD_TABLE_JSONL)
        return "jsonl";
    if (form->kind == TD_TABLE_LISTS)
        return "lists";
    return !separator                     ? "blanks"
           : strcmp(separator, ",") == 0  ? "csv"
           : strcmp(separator, "\t") == 0 ? "tsv"
                                          : "delimited";
}

/* Says what the form was taken for. */
static void tell_form(const td_table_form *form)
{
    static const char *const words[][2] = {{"jsonl", "jsonl, JSON objects"},
                                           {"lists", "lists, a user and its items in a line"},
                                           {"blanks", "columns with blanks between them"}};
    const char *name = td_table_form_name(form);
    if (strcmp(name, "delimited") == 0) {
        td_log("%s: taken for delimited text, with '%s' between fields", form->path,
               form->fields.separator);
        return;
    }
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcmp(name, words[w][0]) == 0)
            name = words[w][1];
    td_log("%s: taken for %s", form->path, name);
}

/* Completes the form by how the first file begins. */
static td_status complete_form(td_table *table)
{
    td_table_form *form = &table->form;
    bool certain, named = false;
    size_t column;
    td_str start;
    TD_TRY(td_lines_peek(td_files_lines(table->files), LOOK, &start));
    const bool whole = start.length < LOOK;
    if (form->kind == TD_TABLE_AUTO) {
        TD_TRY(td_guess_form(form->path, start, whole, form));
        tell_form(form);
    }
    TD_TRY(td_guess_check(form->path, start, form));
    if (form->kind != TD_TABLE_DELIMITED)
        form->first_line = TD_FIRST_ROW;
    if (form->first_line != TD_FIRST_AUTO)
        return TD_OK;
    for (size_t c = 0; c < form->count; c++)
        named = named || !td_column_number(form->columns[c], &column);
    form->first_line = td_guess_first_line(form->path, start, whole, form, &certain);
    if (!named)
        tell_first_line(table, start, certain);
    return TD_OK;
}

/* Keeps the times and names of the first rows, which tell how many fields a line has. */
static td_status take_sample(td_table *table)
{
    const size_t count = table->form.count;
    td_str start;
    TD_TRY(td_lines_peek(td_files_lines(table->files), LOOK, &start));
    if (table->form.kind == TD_TABLE_LISTS)
        return TD_OK;
    td_sample sample = td_sample_of(table->form.path, start, start.length < LOOK, &table->form);
    td_str *cells = TD_NEW(td_str, count);
    table->sample = TD_NEW(char *, SAMPLE_ROWS *count);
    while (table->sampled < SAMPLE_ROWS && td_sample_next(&sample)) {
        if (td_table_cut(table, &sample.line, cells) != TD_OK)
            continue;
        for (size_t c = 0; c < count; c++) {
            const td_cell kind = table->form.cells ? table->form.cells[c] : TD_CELL_TEXT;
            if (kind == TD_CELL_NAME || kind == TD_CELL_TIME)
                table->sample[table->sampled * count + c] = td_str_copy(cells[c]);
        }
        table->sampled++;
    }
    td_free(cells);
    td_free(sample.line.text);
    return TD_OK;
}

/* Local. Finds the wanted columns in one file, which is at hand. */
static td_status lay_out(td_table *table, size_t f)
{
    td_table_layout *mine = &table->layouts[f];
    mine->column = TD_NEW(size_t, table->form.count);
    mine->width = table->form.width;
    if (table->form.kind == TD_TABLE_JSONL)
        return check_members(table);
    if (table->form.first_line == TD_FIRST_HEADER)
        TD_TRY(read_header(table, f));
    else
        TD_TRY(number_columns(table, mine));
    for (size_t c = 0; c < table->form.count; c++)
        mine->last = mine->column[c] > mine->last ? mine->column[c] : mine->last;
    td_table_make_room(table, mine->last + 1);
    return TD_OK;
}

/* Local. What td_table_open does with files that are open. */
static td_status begin(td_table *table)
{
    const bool asked = table->form.first_line != TD_FIRST_AUTO;
    table->first = td_files_first(table->files);
    TD_TRY(td_files_use(table->files, table->first));
    TD_TRY(complete_form(table));
    if (table->form.kind == TD_TABLE_JSONL)
        table->json = td_json_cells_make(table->form.count, table->form.columns);
    TD_TRY(lay_out(table, table->first));
    table->layout = &table->layouts[table->first];
    TD_TRY(take_sample(table));
    TD_TRY(td_table_judge_columns(table, asked));
    if (table->form.first_line != TD_FIRST_HEADER)
        return TD_OK;
    for (size_t f = table->first + 1; f < table->form.files; f++)
        if (!td_files_is_empty(table->files, f)) {
            TD_TRY(td_files_use(table->files, f));
            TD_TRY(lay_out(table, f));
        }
    return TD_OK;
}

static td_table *make(const td_table_form *form)
{
    td_table *table = TD_NEW(td_table, 1);
    table->form = *form;
    table->layouts = TD_NEW(td_table_layout, table->form.files);
    return table;
}

/* Collective. Opens the table whose files are open, if status says so. */
static td_status open_with(td_comm *comm, td_status status, td_table *table, td_table **out)
{
    if (status == TD_OK)
        status = td_comm_agree(comm, begin(table));
    if (status == TD_OK)
        td_table_begin(table);
    *out = table;
    if (status != TD_OK) {
        td_table_close(table);
        *out = NULL;
    }
    return status;
}

td_status td_table_open(td_comm *comm, const td_table_form *form, td_table **out)
{
    td_table *table = make(form);
    const td_files_form files = {.count = table->form.files,
                                 .paths = (const char *const *)table->form.file,
                                 .encoding = form->encoding,
                                 .joins = form->lines_in_quotes ? &table->form.fields : NULL};
    return open_with(comm, td_files_open(comm, &files, &table->files), table, out);
}

td_status td_table_open_files(td_comm *comm, const td_table_form *form, td_files *files,
                              td_table **out)
{
    td_table *table = make(form);
    table->files = files;
    return open_with(comm, TD_OK, table, out);
}
