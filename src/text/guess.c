/* Separators are tried on the first lines. */
#include "text/guess.h"

#include "base/log.h"
#include "base/memory.h"
#include "text/decimal.h"

#include <ctype.h>
#include <string.h>

enum { LINES = 100, COLUMN_MAX = 1 << 20 };

td_sample td_sample_of(const char *path, td_str start, bool whole, const td_table_form *form)
{
    while (!whole && start.length > 0 && start.text[start.length - 1] != '\n')
        start.length--;
    return (td_sample){.joins = form->lines_in_quotes ? &form->fields : NULL,
                       .comment = form->comment,
                       .rest = start,
                       .line = {.path = path}};
}

/* Returns the length of the record that the rest begins with, without its line end. */
static size_t record_length(const td_sample *sample)
{
    const td_str rest = sample->rest;
    td_record_end record = {0};
    size_t length = 0;
    for (;; length++) {
        const char *end = memchr(rest.text + length, '\n', rest.length - length);
        length = end ? (size_t)(end - rest.text) : rest.length;
        if (!end || !sample->joins || td_record_ends(sample->joins, rest.text, length, &record))
            return length;
    }
}

bool td_sample_next(td_sample *s)
{
    do {
        if (s->rest.length == 0)
            return false;
        const size_t length = record_length(s), taken = length + (length < s->rest.length);
        if (s->room < length + 1) {
            td_free(s->line.text);
            s->room = 2 * length + 1;
            s->line.text = TD_NEW(char, s->room);
        }
        TD_ASSERT(s->line.text);
        memcpy(s->line.text, s->rest.text, length);
        s->line.length = length - (length > 0 && s->line.text[length - 1] == '\r');
        s->line.number++;
        s->rest.text += taken;
        s->rest.length -= taken;
    } while (s->line.length == 0 || td_line_is_comment(&s->line, s->comment));
    return true;
}

bool td_column_number(const char *text, size_t *column)
{
    int64_t number;
    if (!td_decimal_whole(text, strlen(text), COLUMN_MAX, &number) || number == 0)
        return false;
    *column = (size_t)number - 1;
    return true;
}

/* How the first lines are cut by a form of fields. */
typedef struct {
    size_t fields; /* of each line, 0 if they differ or a line is bad */
    bool whole_numbers;
    size_t lines;
} trial;

static trial try_fields(const char *path, td_str start, bool whole, const td_table_form *form)
{
    enum { LOOKED_AT = 256 };
    td_sample sample = td_sample_of(path, start, whole, form);
    td_str fields[LOOKED_AT];
    trial t = {.whole_numbers = true};
    bool equal = true;
    while (t.lines < LINES && td_sample_next(&sample)) {
        size_t count = 0;
        int64_t number;
        equal = td_fields_split(&sample.line, &form->fields, LOOKED_AT, fields, &count) == TD_OK &&
                equal && (t.lines == 0 || count == t.fields);
        t.fields = count;
        for (size_t f = 0; f < count && f < LOOKED_AT; f++)
            t.whole_numbers = t.whole_numbers && td_decimal_whole(fields[f].text, fields[f].length,
                                                                  INT64_MAX, &number);
        t.lines++;
    }
    td_free(sample.line.text);
    t.fields = equal ? t.fields : 0;
    return t;
}

/* Whether a line is in braces, as a JSON object is. */
static bool is_object(const td_line *line)
{
    size_t begin = 0, end = line->length;
    while (begin < end && isspace((unsigned char)line->text[begin]))
        begin++;
    while (end > begin && isspace((unsigned char)line->text[end - 1]))
        end--;
    if (end - begin < 2 || line->text[begin] != '{' || line->text[end - 1] != '}')
        return false;
    for (begin++; begin < end && isspace((unsigned char)line->text[begin]);)
        begin++;
    return line->text[begin] == '"' || begin + 1 == end;
}

static bool are_objects(const char *path, td_str start, bool whole)
{
    const td_table_form plain = {.path = NULL};
    td_sample sample = td_sample_of(path, start, whole, &plain);
    const bool found = td_sample_next(&sample) && is_object(&sample.line);
    td_free(sample.line.text);
    return found;
}

td_status td_guess_check(const char *path, td_str start, const td_table_form *form)
{
    if (form->kind == TD_TABLE_JSONL || !are_objects(path, start, true))
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "%s: expected delimited text, found JSON objects, one a line: read them with "
                   "--format jsonl, or form: jsonl in a schema",
                   path);
}

td_status td_guess_form(const char *path, td_str start, bool whole, td_table_form *form)
{
    static const td_field_form tried[] = {
        {"::", '\0', true}, {"\t", '\0', true}, {",", '"', true},
        {";", '"', true},   {"|", '"', true},   {NULL, '"', false},
    };
    td_table_form best = *form;
    size_t fields = 1;
    best.kind = TD_TABLE_DELIMITED;
    if (are_objects(path, start, whole)) {
        form->kind = TD_TABLE_JSONL;
        return TD_OK;
    }
    if (!form->comment && start.length > 0 && strchr("#%", *start.text))
        best.comment = *start.text == '#' ? "#" : "%";
    for (size_t s = 0; s < sizeof tried / sizeof *tried; s++) {
        td_table_form one = best;
        one.fields = tried[s];
        const trial t = try_fields(path, start, whole, &one);
        if (t.fields > fields && (one.fields.separator || fields == 1)) {
            fields = t.fields;
            *form = one;
        }
        if (t.fields == 0 && t.whole_numbers && !one.fields.separator && fields == 1) {
            one.kind = TD_TABLE_LISTS;
            *form = one;
            return TD_OK;
        }
    }
    if (fields > 1)
        return TD_OK;
    return td_fail(
        TD_ERR_INPUT,
        "%s: cannot tell its form, since no separator gives its first lines equally many "
        "fields; say --format csv, tsv, delimited, jsonl or lists, or form in a schema (and "
        "--lines-in-quotes where fields in quotes go on over line ends)",
        path);
}
