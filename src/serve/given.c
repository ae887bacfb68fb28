/* A table's columns, or the fields of a text, become a source, which prepare's reader reads. */
#include "serve/given_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "prepare/schema_file.h"
#include "prepare/source_files.h"
#include "prepare/vector_files.h"
#include "serve/user_embeddings.h"
#include "store/text_file.h"
#include "text/excerpt.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* What stands between names in a cell, where no schema says it. */
#define LIST_SEPARATOR "|"

td_given td_given_begin(td_dataset *data, const td_known_names *known, td_of of, td_unknown unknown)
{
    td_given given = {.data = data, .known = known, .of = of, .unknown = unknown};
    const td_schema *schema = td_given_schema(&given);
    for (size_t f = 0; f < schema->count; f++)
        if (td_given_can_be(&given, &schema->fields[f]) ||
            schema->fields[f].kind == TD_KIND_NUMBERS) /* told with what they weigh */
            td_schema_add_to(&schema->fields[f], &given.frame);
    if (of == TD_OF_USER)
        td_frame_add_list(&given.frame, TD_GIVEN_HISTORY, TD_INT32, 1);
    return given;
}

void td_given_free(td_given *given)
{
    for (int64_t i = 0; i < given->frame.count; i++)
        td_free(given->name[i]);
    td_free(given->name);
    td_free(given->unknown_value);
    td_frame_free(&given->frame);
}

void td_given_tell_unknown(const char *where, int64_t count, const char *such)
{
    if (count == 1)
        td_log("%s: a value that the data lack is taken for missing: %s", where, such);
    if (count > 1)
        td_log("%s: %" PRId64 " values that the data lack are taken for missing, such as %s", where,
               count, such);
}

/* The field of the users' or items' own names; NULL of rows. */
static const char *key_of(const td_given *given)
{
    if (given->of == TD_OF_ROW)
        return NULL;
    const td_role role = given->of == TD_OF_USER ? TD_ROLE_USER : TD_ROLE_ITEM;
    return td_schema_with_role(td_given_schema(given), role)->name;
}

/* By the field's name, or as `user` or `item`, if no field is called so. */
static bool is_key(const td_given *given, const char *column)
{
    const char *key = key_of(given);
    if (!key || strcmp(column, key) == 0)
        return key;
    return strcmp(column, td_of_name(given->of)) == 0 &&
           !td_schema_find(td_given_schema(given), column);
}

/* Answers to a name that is no field's. */
static td_status fail_field(const td_given *given, const char *where, const char *name)
{
    const td_schema *schema = td_given_schema(given);
    const char **names = TD_NEW(const char *, schema->count + 2);
    size_t count = 0;
    if (key_of(given))
        names[count++] = key_of(given);
    if (given->of == TD_OF_USER)
        names[count++] = TD_GIVEN_COLUMN_HISTORY;
    for (size_t f = 0; f < schema->count; f++)
        if (td_given_can_be(given, &schema->fields[f]))
            names[count++] = schema->fields[f].name;
    const char *nearest = count > 0 ? names[td_nearest(name, count, names)] : NULL;
    const char *key = key_of(given), *of = td_of_name(given->of);
    char *keyed =
        key ? td_print_text(
                  "; the %ss' own names are in the column %s, and the first line names the columns",
                  of, key)
            : td_copy_text("");
    td_free(names);
    td_fail(TD_ERR_INPUT, "%s: '%s' is no field of %ss of the data that can be told%s%s%s", where,
            td_excerpt_of(name, strlen(name)).text, of, nearest ? "; the nearest: " : "",
            nearest ? nearest : "", keyed);
    td_free(keyed);
    return TD_ERR_INPUT;
}

static bool is_history(const td_given *given, const char *column)
{
    return given->of == TD_OF_USER && strcmp(column, TD_GIVEN_COLUMN_HISTORY) == 0;
}

/* Whether something can be told by this name. */
static bool is_column(const td_given *given, const char *name)
{
    const td_schema_field *field = td_schema_find(td_given_schema(given), name);
    return is_key(given, name) || is_history(given, name) ||
           (field && td_given_can_be(given, field));
}

/* Adds the field of a column to a table. The column's text must outlive it. */
static td_status add_column(const td_given *given, const char *where, const char *column,
                            td_source_table *table)
{
    const td_schema_field *field = td_schema_find(td_given_schema(given), column);
    const bool names_it = is_key(given, column);
    const bool tells_history = is_history(given, column);
    if (!is_column(given, column))
        return fail_field(given, where, column);
    const td_kind kind = names_it        ? TD_KIND_CATEGORY
                         : tells_history ? TD_KIND_CATEGORIES
                                         : field->kind;
    for (size_t c = 0; c < table->form.count; c++)
        if (strcmp(table->form.columns[c], column) == 0 ||
            (names_it && is_key(given, table->form.columns[c])))
            return td_fail(TD_ERR_INPUT, "%s: expected each field once, found %s twice", where,
                           key_of(given) && names_it ? key_of(given) : column);
    td_source_add_field(table,
                        (td_source_field){.name = names_it        ? TD_GIVEN_NAME
                                                  : tells_history ? TD_GIVEN_HISTORY
                                                                  : field->name,
                                          .kind = kind,
                                          .column = td_source_add_column(table, column),
                                          .columns = 1,
                                          .separator = LIST_SEPARATOR,
                                          .width = kind == TD_KIND_VECTOR ? field->width : 0});
    return TD_OK;
}

/* Adds a column of this name, which becomes the table's. */
static td_status add_named(const td_given *given, const char *path, td_str name,
                           td_source_table *table)
{
    char *column = td_str_copy(name);
    const td_status status = add_column(given, path, column, table);
    if (status != TD_OK)
        td_free(column);
    return status;
}

/* Adds all columns that there can be, where a line need not have them all: of JSON. Its first one's
 * names must be such. */
static td_status add_members(const td_given *given, const td_line *line, td_source_table *table)
{
    const td_schema *schema = td_given_schema(given);
    const char *key = key_of(given), *called = key, *name;
    json_t *object = json_loadb(line->text, line->length, 0, NULL), *value;
    td_status status = TD_OK;
    json_object_foreach(object, name, value)
    {
        if (status == TD_OK && !is_column(given, name))
            status = fail_field(given, line->path, name);
        if (status == TD_OK && is_key(given, name) && strcmp(name, key) != 0)
            called = td_of_name(given->of);
    }
    if (status == TD_OK && called != key && json_object_get(object, key))
        status =
            td_fail(TD_ERR_INPUT, "%s: expected %s or %s, found both", line->path, key, called);
    json_decref(object);
    TD_TRY(status);
    TD_TRY(add_named(given, line->path, (td_str){called, strlen(called)}, table));
    if (given->of == TD_OF_USER)
        TD_TRY(add_named(given, line->path,
                         (td_str){TD_GIVEN_COLUMN_HISTORY, strlen(TD_GIVEN_COLUMN_HISTORY)},
                         table));
    for (size_t f = 0; f < schema->count; f++)
        if (td_given_can_be(given, &schema->fields[f]))
            TD_TRY(add_named(given, line->path,
                             (td_str){schema->fields[f].name, strlen(schema->fields[f].name)},
                             table));
    return TD_OK;
}

/* Adds the columns that a line names. */
static td_status add_columns(const td_given *given, const td_line *line, td_source_table *table)
{
    const td_field_form *form = &table->form.fields;
    const size_t most = td_fields_most(line, *form->separator);
    td_str *cells = TD_NEW(td_str, most);
    size_t count = 0;
    td_status status = td_fields_split(line, form, most, cells, &count);
    for (size_t c = 0; c < count && status == TD_OK; c++)
        status = add_named(given, line->path, cells[c], table);
    td_free(cells);
    return status;
}

/* Adds the columns that a table's first line names. */
static td_status read_header(const td_given *given, const char *path, td_source_table *table,
                             td_lines **lines)
{
    td_line line;
    bool found;
    td_table_form *form = &table->form;
    TD_TRY(td_lines_open(path, NULL, lines));
    TD_TRY(td_lines_next(*lines, &line, &found));
    if (!found)
        return td_fail(TD_ERR_INPUT, "%s: expected a line of names of fields, found nothing", path);
    TD_TRY(td_line_check(&line));
    form->kind = *line.text == '{' ? TD_TABLE_JSONL : TD_TABLE_DELIMITED;
    if (form->kind == TD_TABLE_JSONL)
        return add_members(given, &line, table);
    const bool tabs = memchr(line.text, '\t', line.length) != NULL;
    const bool commas = memchr(line.text, ',', line.length) != NULL;
    const char *separator = tabs                                             ? "\t"
                            : !commas && memchr(line.text, ';', line.length) ? ";"
                                                                             : ",";
    form->first_line = TD_FIRST_HEADER;
    form->fields = (td_field_form){.separator = separator, .quote = tabs ? '\0' : '"'};
    return add_columns(given, &line, table);
}

/* C: reads a table of the source, and takes what it tells. */
static td_status take_table(td_comm *comm, const td_source *source, td_of of, const char *path,
                            td_given *given)
{
    td_records records = {.total = 0};
    td_bad_lines bad = {.limit = 0};
    td_status status = td_records_read_whole(comm, source, of, &(td_row_judge){.known_items = NULL},
                                             &bad, &records);
    if (status == TD_OK)
        status = td_given_take(given, path, &records);
    td_records_free(&records);
    return status;
}

/* C */
static td_status read_plain(td_comm *comm, const char *path, td_given *given)
{
    td_source source = {.schema = NULL};
    td_source_table *table = &source.table[TD_OF_ROW];
    td_lines *lines = NULL;
    td_source_add_file(&table->form, path);
    td_status status = td_comm_agree(comm, read_header(given, path, table, &lines));
    td_lines_close(lines);
    if (status == TD_OK)
        status = take_table(comm, &source, TD_OF_ROW, path, given);
    for (size_t c = 0; c < table->form.count; c++)
        td_free((char *)table->form.columns[c]);
    td_source_free(&source);
    return status;
}

td_status td_given_read(td_comm *comm, const char *path, const char *schema, td_given *given)
{
    td_source source = {.schema = NULL};
    char *text = NULL;
    if (!schema)
        return read_plain(comm, path, given);
    td_status status = td_read_text(schema, TD_SCHEMA_LARGEST, &text);
    if (status == TD_OK)
        status = td_schema_file_parse(text, strlen(text), schema, &source);
    td_source_table *table = &source.table[given->of];
    if (status == TD_OK && !table->form.columns)
        status = td_fail(TD_ERR_CONFIG, "%s: expected a table of %ss, found none", schema,
                         td_of_name(given->of));
    status = td_comm_agree(comm, status);
    if (status == TD_OK && table->is_of_rows)
        td_source_share_form(&source, given->of);
    if (status == TD_OK) {
        td_source_free_files(&table->form);
        td_source_add_file(&table->form, path);
        status = td_vector_files_find(comm, table);
    }
    if (status == TD_OK)
        status = take_table(comm, &source, given->of, path, given);
    td_source_free(&source);
    td_free(text);
    return status;
}

/* The items of a history become those of the last row, which has none so far. */
static td_status put_history(const char *where, const td_strings *history, td_given *given)
{
    td_vocabulary *names = td_vocabulary_create();
    int32_t *ids = TD_NEW(int32_t, (size_t)history->count + 1);
    int32_t *items = TD_NEW(int32_t, (size_t)history->count);
    int64_t count = 0;
    for (int64_t i = 0; i < history->count; i++)
        items[i] = td_vocabulary_add(names, td_string_at(history, i));
    const td_status status = td_given_find_items(given, where, names, ids);
    for (int64_t i = 0; i < history->count; i++)
        if (ids[items[i]] > 0)
            items[count++] = ids[items[i]];
    if (status == TD_OK)
        td_field_put_list(td_frame_find(&given->frame, TD_GIVEN_HISTORY), given->frame.count - 1,
                          count, items);
    td_vocabulary_free(names);
    td_free(ids);
    td_free(items);
    return status;
}

/* Cuts "name=value" at its first "=", and says where the next begins. */
static td_status cut_pair(const char *text, char *at, char **value, char **next)
{
    *next = strchr(at, ',');
    if (*next)
        *(*next)++ = '\0';
    *value = strchr(at, '=');
    if (!*value || *value == at)
        return td_fail(TD_ERR_INPUT, "%s: expected FIELD=VALUE, found '%s'", text,
                       td_excerpt_of(at, strlen(at)).text);
    *(*value)++ = '\0';
    return TD_OK;
}

td_status td_given_take_cells(const char *where, size_t columns, const char *const *names,
                              int64_t rows, const td_line *lines, const td_str *cells,
                              td_given *given)
{
    td_source source = {.schema = NULL};
    td_records records = {.total = 0};
    td_status status = TD_OK;
    for (size_t c = 0; c < columns && status == TD_OK; c++)
        status = add_column(given, where, names[c], &source.table[TD_OF_ROW]);
    if (status == TD_OK) {
        status = td_records_of_cells(&source, TD_OF_ROW, rows, lines, cells, &records);
        if (status == TD_OK)
            status = td_given_take(given, where, &records);
        td_records_free(&records);
    }
    td_source_free(&source);
    return status;
}

td_status td_given_parse(const char *text, const char *where, const td_strings *history,
                         td_given *given)
{
    td_status status = TD_OK;
    char *copy = td_copy_text(text), *value = NULL;
    const char **names = NULL;
    td_str *cells = NULL;
    size_t count = 0;
    for (char *at = *copy ? copy : NULL, *next; at && status == TD_OK; at = next) {
        status = cut_pair(text, at, &value, &next);
        if (status != TD_OK)
            break;
        names = td_grow(names, count, sizeof *names);
        cells = td_grow(cells, count, sizeof *cells);
        names[count] = at;
        cells[count++] = (td_str){value, strlen(value)};
    }
    if (status == TD_OK)
        status = td_given_take_cells(text, count, names, 1, &(td_line){.path = text, .number = 1},
                                     cells, given);
    if (status == TD_OK && history->count > 0)
        status = put_history(where, history, given);
    td_free(names);
    td_free(cells);
    td_free(copy);
    return status;
}
