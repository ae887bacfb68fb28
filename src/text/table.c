/* Lines cut into the wanted cells. */
#include "text/table.h"

#include "base/log.h"
#include "base/memory.h"
#include "text/table_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *separator_name(const td_table *table)
{
    const char *separator = table->form.fields.separator;
    return !separator ? " " : strcmp(separator, "\t") == 0 ? "tab" : separator;
}

void td_table_close(td_table *table)
{
    if (!table)
        return;
    for (size_t f = 0; f < table->form.files; f++) {
        td_free(table->layouts[f].text);
        td_free(table->layouts[f].column);
    }
    for (size_t i = 0; i < table->sampled * table->form.count; i++)
        td_free(table->sample[i]);
    td_free(table->sample);
    td_free(table->layouts);
    td_free(table->fields);
    td_json_cells_free(table->json);
    td_files_close(table->files);
    td_free(table);
}

td_table_kind td_table_kind_of(const td_table *table)
{
    return table->form.kind;
}

size_t td_table_sample_count(const td_table *table)
{
    return table->sampled;
}

td_str td_table_sample_cell(const td_table *table, size_t row, size_t c)
{
    const char *text = table->sample[row * table->form.count + c];
    return (td_str){text, text ? strlen(text) : 0};
}

void td_table_make_room(td_table *table, size_t fields)
{
    if (table->room >= fields)
        return;
    td_free(table->fields);
    table->room = fields;
    table->fields = TD_NEW(td_str, fields);
}

/* Reads on from the first row until it is known how many fields a line has. At most tries bad lines
 * are read, which are judged later. */
static void look_ahead(td_table *table, int64_t tries)
{
    td_str *cells = TD_NEW(td_str, table->form.count);
    td_line line;
    bool found = td_files_use(table->files, table->first) == TD_OK, good = false;
    for (int64_t bad = 0; found && !good && bad <= tries; bad++) {
        const td_status status = td_table_next(table, &line, &found);
        found = found && status == TD_OK;
        good = found && td_table_cut(table, &line, cells) == TD_OK;
    }
    td_free(cells);
}

td_status td_table_share(td_comm *comm, td_table *table, int64_t bad_lines)
{
    const bool knows_width = table->layouts[table->first].width > 0 || table->form.ragged ||
                             table->form.kind != TD_TABLE_DELIMITED;
    if (!knows_width && !td_files_is_stream(table->files, table->first))
        look_ahead(table, bad_lines);
    TD_TRY(td_files_share(comm, table->files));
    td_table_begin(table);
    return TD_OK;
}

int64_t td_table_most_lines(const td_table *table)
{
    return td_files_most_lines(table->files);
}

void td_table_begin(td_table *table)
{
    table->listed = table->item = 0;
    td_files_begin(table->files);
}

/* Takes the next line of any file, and that file's layout. */
static td_status next_line(td_table *table, td_line *line, bool *found)
{
    TD_TRY(td_files_next(table->files, line, found));
    if (table->form.first_line == TD_FIRST_HEADER)
        table->layout = &table->layouts[td_files_at(table->files)];
    return TD_OK;
}

static bool is_blank(const td_line *line)
{
    size_t i = 0;
    while (i < line->length && (line->text[i] == ' ' || line->text[i] == '\t'))
        i++;
    return i == line->length;
}

/* Whether a line repeats the header, perhaps after a byte-order mark, where files were joined. */
static bool is_header(const td_table_layout *layout, const td_line *line)
{
    const bool marked = line->length == layout->length + 3;
    if (line->length != layout->length && !marked)
        return false;
    return (!marked || memcmp(line->text, "\xef\xbb\xbf", 3) == 0) &&
           memcmp(line->text + (marked ? 3 : 0), layout->text, layout->length) == 0;
}

static bool is_left_out(const td_table *table, const td_line *line)
{
    const td_table_layout *layout = table->layout;
    if (layout->header > 0 && (line->number <= layout->header || is_header(layout, line)))
        return true;
    return td_line_is_comment(line, table->form.comment) ||
           (!table->form.fields.separator && table->form.kind != TD_TABLE_JSONL && is_blank(line));
}

/* Cuts a line of LISTS, of which the first row is the next; a bad line has one row, which is bad.
 */
static void cut_list(td_table *table, const td_line *line)
{
    table->line = *line;
    table->item = 1;
    td_table_make_room(table, line->length + 1);
    table->list_status = td_line_check(line);
    if (table->list_status == TD_OK)
        table->list_status =
            td_fields_split(line, &table->form.fields, table->room, table->fields, &table->listed);
    if (table->list_status != TD_OK)
        table->listed = 2;
}

td_status td_table_next(td_table *table, td_line *line, bool *found)
{
    while (table->item >= table->listed) {
        do
            TD_TRY(next_line(table, line, found));
        while (*found && is_left_out(table, line));
        if (!*found || table->form.kind != TD_TABLE_LISTS)
            return TD_OK;
        cut_list(table, line);
    }
    *line = table->line;
    *found = true;
    return TD_OK;
}

size_t td_table_file(const td_table *table)
{
    return td_files_at(table->files);
}

static td_status check_width(const td_table *table, td_table_layout *layout, const td_line *line,
                             size_t count)
{
    if (layout->width == 0)
        layout->width = count;
    if (!table->form.ragged && count != layout->width)
        return TD_LINE_FAIL(
            line, "expected %zu fields separated by '%s', found %zu%s", layout->width,
            separator_name(table), count,
            strcmp(separator_name(table), " ") != 0 || !table->form.fields.separator
                ? ""
                : "; where runs of blanks separate, say so: --blanks, or blanks: yes "
                  "in a schema");
    if (count <= layout->last)
        return TD_LINE_FAIL(line, "expected at least %zu fields separated by '%s', found %zu",
                            layout->last + 1, separator_name(table), count);
    return TD_OK;
}

static td_status cut_delimited(td_table *table, const td_line *line, td_str *cells)
{
    td_table_layout *layout = table->layout;
    size_t count;
    TD_TRY(td_line_check(line));
    TD_TRY(td_fields_split(line, &table->form.fields, layout->last + 1, table->fields, &count));
    TD_TRY(check_width(table, layout, line, count));
    for (size_t c = 0; c < table->form.count; c++)
        cells[c] = table->fields[layout->column[c]];
    return TD_OK;
}

static td_status take_listed(td_table *table, td_str *cells)
{
    const td_table_layout *layout = table->layout;
    const size_t item = table->item++;
    for (size_t c = 0; table->list_status == TD_OK && c < table->form.count; c++)
        cells[c] = table->fields[layout->column[c] == 0 ? 0 : item];
    return table->list_status;
}

td_status td_table_cut(td_table *table, const td_line *line, td_str *cells)
{
    if (table->form.kind == TD_TABLE_JSONL)
        return td_json_cells_cut(table->json, line, cells);
    if (table->form.kind == TD_TABLE_LISTS)
        return take_listed(table, cells);
    return cut_delimited(table, line, cells);
}

bool td_table_met(const td_table *table, size_t c)
{
    return td_json_cells_met(table->json, c);
}

const char *td_table_nearest(const td_table *table, size_t c)
{
    return td_json_cells_nearest(table->json, c);
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
