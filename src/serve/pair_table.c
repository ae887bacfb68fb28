/* Lines, kept as they came, and the fields that are asked for. */
#include "serve/pair_table.h"

#include "base/memory.h"
#include "text/excerpt.h"
#include "text/lines.h"
#include "text/time_text.h"

#include <inttypes.h>
#include <string.h>

enum { USER, ITEM, TIMESTAMP, WANTED };

#define NOWHERE SIZE_MAX

static const char *const names[WANTED] = {"user", "item", "timestamp"};

struct td_pair_table {
    td_lines *lines;
    char *header;
    char separator[2];
    size_t width;
    td_str *fields;       /* (width): of the last line */
    size_t place[WANTED]; /* of each wanted column; NOWHERE if it is not there */
    size_t more;          /* further columns: */
    size_t *more_name;    /* (more): which of the names that were asked for, */
    size_t *more_place;   /* (more): where it is, */
    td_str *more_cells;   /* (more): of the last pair */
    char *line;           /* the last one as it came: cutting it unescapes in place */
    size_t room;
};

/* Takes the next line and keeps a copy. */
static td_status take_line(td_pair_table *table, td_line *line, bool *found)
{
    TD_TRY(td_lines_next(table->lines, line, found));
    if (!*found)
        return TD_OK;
    TD_TRY(td_line_check(line));
    if (table->room < line->length + 1) {
        td_free(table->line);
        table->room = 2 * line->length + 1;
        table->line = TD_NEW(char, table->room);
    }
    memcpy(table->line, line->text, line->length);
    table->line[line->length] = '\0';
    return TD_OK;
}

/* Cuts a line; the first limit fields are kept. */
static td_status cut(td_pair_table *table, const td_line *line, size_t limit, size_t *count)
{
    const td_field_form form = {.separator = table->separator,
                                .quote = *table->separator == ',' ? '"' : '\0'};
    return td_fields_split(line, &form, limit, table->fields, count);
}

static bool is_named(td_str field, const char *name)
{
    return field.length == strlen(name) && memcmp(field.text, name, field.length) == 0;
}

/* Returns the first column of a name, NOWHERE if there is none. */
static size_t place_of(const td_pair_table *table, const char *name)
{
    for (size_t i = 0; i < table->width; i++)
        if (is_named(table->fields[i], name))
            return i;
    return NOWHERE;
}

static void find_more(td_pair_table *table, size_t count, const char *const *more)
{
    table->more_name = TD_NEW(size_t, count);
    table->more_place = TD_NEW(size_t, count);
    table->more_cells = TD_NEW(td_str, count);
    for (size_t i = 0; i < count; i++) {
        const size_t place = place_of(table, more[i]);
        if (place == NOWHERE)
            continue;
        table->more_name[table->more] = i;
        table->more_place[table->more++] = place;
    }
}

static td_status find_columns(td_pair_table *table, const td_line *line, size_t count,
                              const char *const *more)
{
    const size_t most = td_fields_most(line, *table->separator);
    table->fields = TD_NEW(td_str, most);
    TD_TRY(cut(table, line, most, &table->width));
    find_more(table, count, more);
    for (int wanted = 0; wanted < WANTED; wanted++) {
        table->place[wanted] = place_of(table, names[wanted]);
        if (wanted != TIMESTAMP && table->place[wanted] == NOWHERE)
            return TD_LINE_FAIL(line,
                                "expected a header with the columns user, item and perhaps "
                                "timestamp, with tabs or commas between; found '%s'",
                                td_excerpt_of(table->header, strlen(table->header)).text);
    }
    return TD_OK;
}

static td_status read_header(td_pair_table *table, const char *path, size_t count,
                             const char *const *more)
{
    td_line line;
    bool found;
    TD_TRY(take_line(table, &line, &found));
    if (!found)
        return td_fail(TD_ERR_INPUT,
                       "%s: expected a header with the columns user and item, found "
                       "nothing",
                       strcmp(path, "-") == 0 ? "standard input" : path);
    table->header = td_copy_text(table->line);
    table->separator[0] = strchr(table->header, '\t') ? '\t' : ',';
    return find_columns(table, &line, count, more);
}

td_status td_pair_table_open(const char *path, size_t count, const char *const *more,
                             td_pair_table **out)
{
    td_pair_table *table = TD_NEW(td_pair_table, 1);
    td_status status = td_lines_open_stream(path, NULL, &table->lines);
    if (status == TD_OK)
        status = read_header(table, path, count, more);
    if (status != TD_OK) {
        td_pair_table_close(table);
        table = NULL;
    }
    *out = table;
    return status;
}

void td_pair_table_close(td_pair_table *table)
{
    if (!table)
        return;
    td_lines_close(table->lines);
    td_free(table->header);
    td_free(table->more_name);
    td_free(table->more_place);
    td_free(table->more_cells);
    td_free(table->fields);
    td_free(table->line);
    td_free(table);
}

const char *td_pair_table_header(const td_pair_table *table)
{
    return table->header;
}

char td_pair_table_separator(const td_pair_table *table)
{
    return *table->separator;
}

const size_t *td_pair_table_more(const td_pair_table *table, size_t *count)
{
    *count = table->more;
    return table->more_name;
}

static td_status read_time(const td_line *line, td_str field, td_asked_pair *pair)
{
    pair->has_time = field.length > 0;
    if (!pair->has_time || td_time_read(field.text, field.length, &pair->time))
        return TD_OK;
    return TD_LINE_FAIL(line, "timestamp: expected " TD_TIME_EXPECTED " (UTC), found '%s'",
                        td_excerpt_of_str(field).text);
}

td_status td_pair_table_next(td_pair_table *table, td_asked_pair *pair, bool *found)
{
    const td_str *fields = table->fields;
    td_line line;
    size_t count;
    TD_TRY(take_line(table, &line, found));
    if (!*found)
        return TD_OK;
    const size_t length = line.length;
    TD_TRY(cut(table, &line, table->width, &count));
    if (count != table->width)
        return TD_LINE_FAIL(&line, "expected %zu fields as in the header, found %zu", table->width,
                            count);
    for (size_t i = 0; i < table->more; i++)
        table->more_cells[i] = fields[table->more_place[i]];
    *pair = (td_asked_pair){.line = line.number,
                            .more = table->more_cells,
                            .text = {table->line, length},
                            .user = fields[table->place[USER]],
                            .item = fields[table->place[ITEM]]};
    if (table->place[TIMESTAMP] == NOWHERE)
        return TD_OK;
    return read_time(&line, fields[table->place[TIMESTAMP]], pair);
}

static void print_quoted(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', stream);
        fputc(*c, stream);
    }
    fputc('"', stream);
}

void td_pair_table_print(const td_pair_table *table, FILE *stream, const char *text)
{
    if (*table->separator == ',' && strpbrk(text, ",\""))
        print_quoted(stream, text);
    else
        for (const char *c = text; *c; c++)
            fputc(*c == '\t' ? ' ' : *c, stream);
}
