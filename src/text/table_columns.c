/* The first lines are cut as the table's would be, which is opened then with what was found. */
#include "text/table_columns.h"

#include "base/memory.h"
#include "text/encoding.h"
#include "text/files.h"
#include "text/guess.h"
#include "text/json_names.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { LOOK = 1 << 16, LINES = 100, NUMBER = 24 };

void td_table_columns_free(td_table_form *form)
{
    for (size_t c = 0; c < form->count; c++)
        td_free((char *)form->columns[c]);
    td_free(form->columns);
    form->columns = NULL;
    form->count = 0;
}

static bool is_there(const td_table_form *form, td_str name)
{
    for (size_t c = 0; c < form->count; c++)
        if (strlen(form->columns[c]) == name.length &&
            memcmp(form->columns[c], name.text, name.length) == 0)
            return true;
    return false;
}

static void add_column(td_table_form *form, td_str name)
{
    form->columns = td_grow(form->columns, form->count, sizeof *form->columns);
    form->columns[form->count++] = td_str_copy(name);
}

static void add_number(td_table_form *form, size_t number)
{
    char text[NUMBER];
    const int length = snprintf(text, sizeof text, "%zu", number);
    add_column(form, (td_str){text, (size_t)length});
}

static void find_members(td_table_form *form, td_str start, bool whole)
{
    td_sample sample = td_sample_of(form->path, start, whole, form);
    td_json_names names = {0};
    for (int line = 0; line < LINES && td_sample_next(&sample); line++) {
        json_error_t error;
        json_t *object = json_loadb(sample.line.text, sample.line.length, 0, &error);
        if (json_is_object(object))
            td_json_names_add(&names, object);
        json_decref(object);
    }
    for (size_t i = 0; i < names.count; i++)
        add_column(form, (td_str){names.name[i], strlen(names.name[i])});
    td_json_names_free(&names);
    td_free(sample.line.text);
}

/* Cuts the first line; its fields are in fields, (limit). */
static td_status cut_first(td_sample *sample, const td_table_form *form, td_str **fields,
                           size_t *count)
{
    *count = 0;
    *fields = NULL;
    if (!td_sample_next(sample))
        return td_fail(TD_ERR_INPUT, "%s: expected rows, found none", form->path);
    const size_t limit = sample->line.length + 1;
    *fields = TD_NEW(td_str, limit);
    return td_fields_split(&sample->line, &form->fields, limit, *fields, count);
}

static td_status find_fields(td_table_form *form, td_str start, bool whole)
{
    td_sample sample = td_sample_of(form->path, start, whole, form);
    td_str *fields;
    size_t count, number;
    bool certain;
    const td_status status = cut_first(&sample, form, &fields, &count);
    for (size_t c = 0; c < count; c++)
        add_number(form, c + 1);
    if (status == TD_OK && form->first_line == TD_FIRST_AUTO) {
        form->first_line = td_guess_first_line(form->path, start, whole, form, &certain);
        form->is_doubtful = !certain;
    }
    if (status == TD_OK && form->first_line == TD_FIRST_HEADER) {
        td_table_columns_free(form);
        for (size_t c = 0; c < count; c++) {
            char *name = td_str_copy(fields[c]);
            if (fields[c].length == 0 || td_column_number(name, &number) ||
                is_there(form, fields[c]))
                add_number(form, c + 1);
            else
                add_column(form, fields[c]);
            td_free(name);
        }
    }
    td_free(sample.line.text);
    td_free(fields);
    return status;
}

static td_status find(td_table_form *form, td_str start, bool whole)
{
    if (form->kind == TD_TABLE_AUTO)
        TD_TRY(td_guess_form(form->path, start, whole, form));
    if (form->kind == TD_TABLE_DELIMITED)
        return find_fields(form, start, whole);
    form->first_line = TD_FIRST_ROW;
    if (form->kind == TD_TABLE_JSONL)
        find_members(form, start, whole);
    else
        for (size_t c = 1; c <= 2; c++)
            add_number(form, c);
    return TD_OK;
}

/* Local. Looks at the first file, in its encoding. */
static td_status look(td_files *files, td_table_form *form)
{
    td_decoder *decoder = NULL;
    td_str start;
    TD_TRY(td_files_use(files, td_files_first(files)));
    TD_TRY(td_lines_peek(td_files_lines(files), LOOK, &start));
    const bool whole = start.length < LOOK;
    char *copy = td_str_copy(start), *text = copy;
    size_t length = start.length;
    while (!whole && length > 0 && text[length - 1] != '\n')
        length--; /* never half a character */
    td_status status = TD_OK;
    if (!form->encoding && td_utf8_valid(text, length) < length) {
        form->encoding = "latin1";
        status = td_files_set_encoding(files, form->encoding);
    }
    if (status == TD_OK && form->encoding && strcmp(form->encoding, "auto") != 0)
        status = td_decoder_make(form->encoding, &decoder);
    if (decoder)
        td_decode(decoder, &text, &length);
    if (status == TD_OK)
        status = find(form, (td_str){text, length}, true);
    td_decoder_free(decoder);
    td_free(copy);
    return status;
}

td_status td_table_columns_find(td_comm *comm, td_table_form *form, td_files **files)
{
    const td_files_form form_of = {.count = form->files,
                                   .paths = (const char *const *)form->file,
                                   .encoding = form->encoding,
                                   .joins = form->lines_in_quotes ? &form->fields : NULL};
    form->columns = NULL;
    form->count = 0;
    form->cells = NULL;
    form->is_guess[0] = form->is_guess[1] = false; /* all columns are none */
    TD_TRY(td_files_open(comm, &form_of, files));
    const td_status status = td_comm_agree(comm, look(*files, form));
    if (status == TD_OK)
        return TD_OK;
    td_files_close(*files);
    *files = NULL;
    return status;
}
