/* A format is a schema that is built in, but for delimited, whose options are one. */
#include "prepare/source.h"

#include "base/memory.h"
#include "prepare/schema_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Returns the first length bytes of folder, and name, as a path to be freed. */
static char *path_in(size_t length, const char *folder, const char *name)
{
    const size_t size = length + strlen(name) + sizeof "/";
    char *path = TD_NEW(char, size);
    snprintf(path, size, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", name);
    return path;
}

/* Says which files the folder that the input should be has to hold. */
static td_status fail_no_folder(const td_prepare_options *options, const td_source *source)
{
    char files[512] = "";
    size_t used = 0, left = 0;
    for (int of = 0; of < TD_OFS; of++)
        left += source->table[of].form.path != NULL;
    for (int of = 0; of < TD_OFS; of++) {
        const char *file = source->table[of].form.path;
        if (!file || used >= sizeof files)
            continue;
        left--;
        used += (size_t)snprintf(files + used, sizeof files - used, "%.128s%s", file,
                                 left == 0   ? ""
                                 : left == 1 ? " and "
                                             : ", ");
    }
    return td_fail(TD_ERR_FILE, "%s: expected the folder that holds %s of %s, found a file",
                   options->input, files, options->schema ? options->schema : options->format);
}

/* Puts paths in the place of the files' names: they are in the input, if it is a folder, or beside
 * it. */
static td_status find_files(const td_prepare_options *options, td_source *source)
{
    struct stat is;
    char **ratings = &source->table[TD_OF_ROW].form.path;
    if (stat(options->input, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", options->input, strerror(errno));
    const bool is_folder = S_ISDIR(is.st_mode);
    if (*ratings && !is_folder)
        return fail_no_folder(options, source);
    const char *slash = strrchr(options->input, '/');
    const size_t beside = slash == options->input ? 1
                          : slash                 ? (size_t)(slash - options->input)
                                                  : 0;
    const size_t length = is_folder ? strlen(options->input) : beside;
    for (int of = 0; of < TD_OFS; of++) {
        char *name = source->table[of].form.path;
        if (name && *name != '/') {
            source->table[of].form.path = path_in(length, options->input, name);
            td_free(name);
        }
    }
    if (!*ratings)
        *ratings = td_copy_text(options->input);
    return TD_OK;
}

/* Adds a field of one column. */
static void add_field(td_source_table *table, const char *name, td_kind kind, td_role role,
                      const char *column)
{
    td_source_add_field(table, (td_source_field){.name = name,
                                                 .kind = kind,
                                                 .role = role,
                                                 .column = td_source_add_column(table, column),
                                                 .columns = 1});
}

static const char *separator_of(const td_prepare_options *options)
{
    const char *separator = options->separator ? options->separator : ",";
    return strcmp(separator, "tab") == 0 || strcmp(separator, "\\t") == 0 ? "\t" : separator;
}

static bool is_name(const char *column)
{
    return column[strspn(column, "0123456789")] != '\0';
}

/* Whether a table's first line is a header. */
static bool has_header(td_header said, const td_table_form *form)
{
    bool named = false;
    for (size_t c = 0; c < form->count; c++)
        named = named || is_name(form->columns[c]);
    return said == TD_HEADER_YES || (said == TD_HEADER_AUTO && named);
}

static const char *or_default(const char *column, const char *otherwise)
{
    return column ? column : otherwise;
}

static td_status describe_delimited(const td_prepare_options *o, td_source *source)
{
    td_table_form form = {.separator = separator_of(o)};
    td_source_table *rows = &source->table[TD_OF_ROW], *items = &source->table[TD_OF_ITEM];
    form.quoted = strcmp(form.separator, ",") == 0;
    if (form.separator[strcspn(form.separator, "\r\n\"")] != '\0' || *form.separator == '\0')
        return td_fail(TD_ERR_USAGE,
                       "separator: expected one character or more without quotes and "
                       "line ends, found '%s'",
                       form.separator);
    rows->form = items->form = form;
    rows->form.path = td_copy_text(o->input);
    add_field(rows, "user", TD_KIND_CATEGORY, TD_ROLE_USER, or_default(o->user_column, "1"));
    add_field(rows, "item", TD_KIND_CATEGORY, TD_ROLE_ITEM, or_default(o->item_column, "2"));
    if (o->rating_column)
        add_field(rows, "rating", TD_KIND_NUMBER, TD_ROLE_LABEL, o->rating_column);
    if (o->timestamp_column)
        add_field(rows, "timestamp", TD_KIND_TIME, TD_ROLE_TIME, o->timestamp_column);
    if (o->weight_column)
        add_field(rows, "weight", TD_KIND_NUMBER, TD_ROLE_WEIGHT, o->weight_column);
    rows->form.header = has_header(o->header, &rows->form);
    if (!o->items)
        return TD_OK;
    items->form.path = td_copy_text(o->items);
    items->key = td_source_add_column(items, or_default(o->items_id_column, "1"));
    add_field(items, "title", TD_KIND_TEXT, TD_ROLE_TITLE, or_default(o->items_title_column, "2"));
    items->form.header = has_header(o->header, &items->form);
    return TD_OK;
}

static bool has_columns(const td_prepare_options *o)
{
    return o->items || o->separator || o->header != TD_HEADER_AUTO || o->user_column ||
           o->item_column || o->rating_column || o->timestamp_column || o->weight_column ||
           o->items_id_column || o->items_title_column;
}

static td_status describe_schema(const td_prepare_options *options, const char *text,
                                 const char *name, td_source *source)
{
    if (has_columns(options))
        return td_fail(TD_ERR_USAGE,
                       "%s %s knows its own columns: separator, header, "
                       "columns and item list are for the format delimited",
                       options->schema ? "schema" : "format", name);
    TD_TRY(td_schema_file_parse(text, strlen(text), name, source));
    if (options->item_key != TD_KEY_AS_TOLD)
        source->item_key = options->item_key;
    if (source->item_key == TD_KEY_TITLE && !td_source_with_role(source, TD_ROLE_TITLE))
        return td_fail(TD_ERR_USAGE, "item key: expected the id, as %s has no titles", name);
    TD_TRY(td_source_complete(source));
    return find_files(options, source);
}

td_status td_source_describe(const td_prepare_options *options, const char *schema,
                             td_source *source)
{
    *source = (td_source){.item_key = options->item_key == TD_KEY_TITLE ? TD_KEY_TITLE : TD_KEY_ID};
    const char *format = options->format ? options->format : "";
    const char *text = td_schema_built_in(format);
    if (options->schema)
        return describe_schema(options, schema, options->schema, source);
    if (text)
        return describe_schema(options, text, format, source);
    if (strcmp(format, "delimited") == 0)
        return describe_delimited(options, source);
    return td_fail(TD_ERR_USAGE,
                   "format: expected movielens-100k, movielens-1m, movielens-csv or "
                   "delimited, found '%s'",
                   format);
}

td_status td_source_complete(td_source *source)
{
    const td_source_field *weight = td_source_with_role(source, TD_ROLE_WEIGHT);
    if (weight ||
        (source->rules.repeats != TD_REPEATS_SUM && source->rules.repeats != TD_REPEATS_MAX))
        return TD_OK;
    if (source->rules.repeats == TD_REPEATS_MAX)
        return td_fail(TD_ERR_CONFIG, "repeats: max: expected a field with the role weight, "
                                      "found none");
    if (td_source_find(source, "weight"))
        return td_fail(TD_ERR_CONFIG, "repeats: sum: expected a field with the role weight, or no "
                                      "other one of that name; found 'weight' without a role");
    td_source_add_field(
        &source->table[TD_OF_ROW],
        (td_source_field){.name = "weight", .kind = TD_KIND_NUMBER, .role = TD_ROLE_WEIGHT});
    source->weight = (td_weight_rule){.is_told = true, .others = 1};
    return TD_OK;
}

void td_source_free(td_source *source)
{
    for (int of = 0; of < TD_OFS; of++) {
        td_source_table *table = &source->table[of];
        for (size_t f = 0; f < table->count; f++) {
            td_free(table->fields[f].flags);
            td_free(table->fields[f].missing_texts);
        }
        td_free(table->fields);
        td_free(table->form.columns);
        td_free(table->form.path);
    }
    td_free(source->rules.repeats_by);
    td_free(source->weight.names);
    td_free(source->weight.values);
    td_yaml_free(source->schema);
    *source = (td_source){.schema = NULL};
}

/* Returns a block with room for one element after count ones: the room is a power of two. */
static void *grow(void *block, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return block;
    return td_reallocate(block, count, count > 0 ? 2 * count : 1, size);
}

size_t td_source_add_column(td_source_table *table, const char *column)
{
    td_table_form *form = &table->form;
    form->columns = grow(form->columns, form->count, sizeof *form->columns);
    form->columns[form->count] = column;
    return form->count++;
}

td_source_field *td_source_add_field(td_source_table *table, td_source_field field)
{
    table->fields = grow(table->fields, table->count, sizeof *table->fields);
    table->fields[table->count] = field;
    return &table->fields[table->count++];
}

const td_source_field *td_source_with_role(const td_source *source, td_role role)
{
    for (int of = 0; of < TD_OFS; of++)
        for (size_t f = 0; f < source->table[of].count; f++)
            if (source->table[of].fields[f].role == role)
                return &source->table[of].fields[f];
    return NULL;
}

const td_source_field *td_source_find(const td_source *source, const char *name)
{
    for (int of = 0; of < TD_OFS; of++)
        for (size_t f = 0; f < source->table[of].count; f++)
            if (strcmp(source->table[of].fields[f].name, name) == 0)
                return &source->table[of].fields[f];
    return NULL;
}
