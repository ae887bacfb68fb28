/* A format is a schema that is built in, but for those whose options are one. */
#include "prepare/source.h"

#include "base/log.h"
#include "base/memory.h"
#include "prepare/schema_file.h"
#include "prepare/source_files.h"

#include <inttypes.h>
#include <string.h>

bool td_source_set_form(td_table_form *form, const char *name)
{
    static const struct {
        const char *name;
        td_table_kind kind;
        const char *separator;
    } forms[] = {
        {"auto", TD_TABLE_AUTO, NULL},     {"csv", TD_TABLE_DELIMITED, ","},
        {"tsv", TD_TABLE_DELIMITED, "\t"}, {"delimited", TD_TABLE_DELIMITED, NULL},
        {"jsonl", TD_TABLE_JSONL, NULL},   {"lists", TD_TABLE_LISTS, NULL},
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
        if (strcmp(forms[f].name, name) == 0) {
            form->kind = forms[f].kind;
            if (!form->fields.separator)
                form->fields.separator = forms[f].separator;
            return true;
        }
    return false;
}

const char *td_source_separator(const char *text)
{
    return strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0 ? "\t" : text;
}

bool td_source_time_unit(const char *text, td_time_unit *unit)
{
    for (*unit = TD_TIME_AUTO; *unit < TD_TIME_DAY; ++*unit)
        if (strcmp(text, td_time_unit_name(*unit)) == 0)
            return true;
    return false;
}

bool td_source_quote(const char *text, char *quote)
{
    *quote = strcmp(text, "none") == 0 ? '\0' : *text;
    return *quote == '\0' || (text[1] == '\0' && *quote > ' ');
}

void td_source_complete_form(td_source_table *table, bool cut, bool quote, bool trim)
{
    td_table_form *form = &table->form;
    td_field_form *fields = &form->fields;
    if (form->kind == TD_TABLE_AUTO && cut)
        form->kind = TD_TABLE_DELIMITED;
    if (form->kind != TD_TABLE_DELIMITED) {
        *fields = (td_field_form){.separator = NULL};
        return;
    }
    if (!fields->separator && !table->blanks)
        fields->separator = ",";
    const bool character = !fields->separator || fields->separator[1] == '\0';
    if (!quote)
        fields->quote =
            character && (!fields->separator || *fields->separator != '\t') ? '"' : '\0';
    if (!trim)
        fields->trim = true;
}

/* Adds a field of one column. */
static td_source_field *add_field(td_source_table *table, const char *name, td_kind kind,
                                  td_role role, const char *column)
{
    return td_source_add_field(table,
                               (td_source_field){.name = name,
                                                 .kind = kind,
                                                 .role = role,
                                                 .column = td_source_add_column(table, column),
                                                 .columns = 1});
}

/* Cells that have no value, by the options. */
static void add_missing(const td_prepare_options *o, td_source_field *field)
{
    size_t count = 0;
    if (!o->missing)
        return;
    while (o->missing[count])
        count++;
    field->missing = count;
    field->missing_texts = TD_NEW(const char *, count);
    for (size_t m = 0; m < count; m++)
        field->missing_texts[m] = o->missing[m];
}

/* Adds the ratings and times that the options name. */
static td_status add_values(const td_prepare_options *o, td_source_table *rows)
{
    if (o->rating_column)
        add_missing(o, add_field(rows, "rating", TD_KIND_NUMBER, TD_ROLE_LABEL, o->rating_column));
    if (o->weight_column)
        add_field(rows, "weight", TD_KIND_NUMBER, TD_ROLE_WEIGHT, o->weight_column);
    if (!o->timestamp_column)
        return o->timestamp_unit || o->timestamp_format
                   ? td_fail(TD_ERR_USAGE,
                             "expected a column of timestamps with their unit or format")
                   : TD_OK;
    td_source_field *time =
        add_field(rows, "timestamp", TD_KIND_TIME, TD_ROLE_TIME, o->timestamp_column);
    add_missing(o, time);
    time->time.format = o->timestamp_format;
    if (o->timestamp_unit && o->timestamp_format)
        return td_fail(TD_ERR_USAGE, "expected a unit or a format of timestamps, found both");
    if (o->timestamp_unit && !td_source_time_unit(o->timestamp_unit, &time->time.unit))
        return td_fail(TD_ERR_USAGE, "timestamp unit: expected auto, s, ms, us or ns; found '%s'",
                       o->timestamp_unit);
    return TD_OK;
}

static const char *or_default(const char *column, const char *otherwise)
{
    return column ? column : otherwise;
}

/* How the options say that lines are read, those of the ratings and of the item list. */
static td_status describe_form(const td_prepare_options *o, const char *format,
                               td_source_table *table)
{
    td_table_form *form = &table->form;
    if (o->separator)
        form->fields.separator = td_source_separator(o->separator);
    td_source_set_form(form, format);
    table->blanks = o->blanks;
    form->encoding = o->encoding;
    form->comment = o->comment;
    form->lines_in_quotes = o->lines_in_quotes;
    form->first_line = o->header == TD_HEADER_YES  ? TD_FIRST_HEADER
                       : o->header == TD_HEADER_NO ? TD_FIRST_ROW
                                                   : TD_FIRST_AUTO;
    const char *separator = form->fields.separator;
    if (separator && (separator[strcspn(separator, "\r\n\"")] != '\0' || *separator == '\0'))
        return td_fail(TD_ERR_USAGE,
                       "separator: expected one character or more without quotes and "
                       "line ends, found '%s'",
                       separator);
    if (o->quote && !td_source_quote(o->quote, &form->fields.quote))
        return td_fail(TD_ERR_USAGE, "quote: expected one character, or none; found '%s'",
                       o->quote);
    if (o->blanks && separator)
        return td_fail(TD_ERR_USAGE, "expected blanks or a separator, found both");
    const bool cut = o->separator || o->quote || o->blanks || o->no_trim || o->lines_in_quotes;
    if (cut && (form->kind == TD_TABLE_JSONL || form->kind == TD_TABLE_LISTS))
        return td_fail(TD_ERR_USAGE,
                       "format %s: expected no word on separators, quotes and blanks, found one",
                       format);
    td_source_complete_form(table, cut, o->quote != NULL, o->no_trim);
    return TD_OK;
}

static td_status describe_delimited(const td_prepare_options *o, const char *format,
                                    td_source *source)
{
    td_source_table *rows = &source->table[TD_OF_ROW], *items = &source->table[TD_OF_ITEM];
    source->format = format;
    TD_TRY(describe_form(o, format, rows));
    add_field(rows, "user", TD_KIND_CATEGORY, TD_ROLE_USER, or_default(o->user_column, "1"))
        ->is_guess = true;
    add_field(rows, "item", TD_KIND_CATEGORY, TD_ROLE_ITEM, or_default(o->item_column, "2"))
        ->is_guess = true;
    rows->form.is_guess[0] = !o->user_column;
    rows->form.is_guess[1] = !o->item_column;
    TD_TRY(add_values(o, rows));
    if (o->items) {
        /* a list of items has rows of its own form where the ratings are none of fields */
        TD_TRY(describe_form(o, strcmp(format, "lists") == 0 ? "auto" : format, items));
        items->key = td_source_add_column(items, or_default(o->items_id_column, "1"));
        add_field(items, "title", TD_KIND_TEXT, TD_ROLE_TITLE,
                  or_default(o->items_title_column, "2"));
        TD_TRY(td_source_add_path(source, &items->form, o->items));
    }
    return td_source_add_inputs(o, source);
}

static bool has_columns(const td_prepare_options *o)
{
    return o->items || o->separator || o->quote || o->blanks || o->no_trim || o->lines_in_quotes ||
           o->comment || o->encoding || o->missing || o->timestamp_unit || o->timestamp_format ||
           o->header != TD_HEADER_AUTO || o->user_column || o->item_column || o->rating_column ||
           o->timestamp_column || o->weight_column || o->items_id_column || o->items_title_column;
}

static td_status describe_schema(const td_prepare_options *options, const char *text,
                                 const char *name, td_source *source)
{
    if (has_columns(options))
        return td_fail(TD_ERR_USAGE,
                       "%s %s knows its own columns: separator, header, "
                       "columns and item list are for the formats auto, csv, tsv, delimited, jsonl "
                       "and lists",
                       options->schema ? "schema" : "format", name);
    TD_TRY(td_schema_file_parse(text, strlen(text), name, source));
    if (options->item_key != TD_KEY_AS_TOLD)
        source->item_key = options->item_key;
    if (source->item_key == TD_KEY_TITLE && !td_source_with_role(source, TD_ROLE_TITLE))
        return td_fail(TD_ERR_USAGE, "item key: expected the id, as %s has no titles", name);
    if (!options->schema || source->item_key == TD_KEY_TITLE)
        source->unlisted_are_items = false; /* a title is what the list alone knows */
    return td_source_find_files(options, source);
}

/* The format of options that name none: that of a folder of MovieLens, if it is one, else what the
 * files look like. */
static td_status guess_format(const td_prepare_options *o, const char **format)
{
    static const char *const folders[][3] = {{"movielens-100k", "u.data", "u.item"},
                                             {"movielens-1m", "ratings.dat", "movies.dat"},
                                             {"movielens-csv", "ratings.csv", "movies.csv"}};
    bool is_folder, has_rows, has_items;
    *format = "auto";
    TD_TRY(td_source_is_folder(o->input, &is_folder));
    if (has_columns(o) || (o->more_inputs && *o->more_inputs) || !is_folder)
        return TD_OK;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        TD_TRY(td_source_holds(o->input, folders[f][1], &has_rows));
        TD_TRY(td_source_holds(o->input, folders[f][2], &has_items));
        if (!has_rows || !has_items)
            continue;
        td_log("%s: taken for --format %s, as it holds %s and %s", o->input, folders[f][0],
               folders[f][1], folders[f][2]);
        *format = folders[f][0];
        return TD_OK;
    }
    return TD_OK;
}

static td_status describe(const td_prepare_options *options, const char *schema, td_source *source)
{
    td_table_form known = {.path = NULL};
    *source = (td_source){.item_key = options->item_key == TD_KEY_TITLE ? TD_KEY_TITLE : TD_KEY_ID,
                          .split = td_split_words_none()};
    if (options->schema)
        return describe_schema(options, schema, options->schema, source);
    const char *format = options->format;
    if (!format)
        TD_TRY(guess_format(options, &format));
    const char *text = td_schema_built_in(format);
    source->format = format;
    if (text)
        return describe_schema(options, text, format, source);
    if (td_source_set_form(&known, format))
        return describe_delimited(options, format, source);
    return td_fail(TD_ERR_USAGE,
                   "format: expected movielens-100k, movielens-1m, movielens-csv, auto, csv, tsv, "
                   "delimited, jsonl or lists; found '%s'",
                   format);
}

td_status td_source_describe(const td_prepare_options *options, const char *schema,
                             td_source *source)
{
    TD_TRY(describe(options, schema, source));
    TD_TRY(td_source_add_rules(options, source));
    TD_TRY(td_source_complete(source));
    TD_TRY(td_source_add_held_out(options, source));
    return td_source_share_rows(source);
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
            td_npy_close(table->fields[f].vectors);
        }
        td_free(table->fields);
        td_free(table->form.columns);
        td_source_free_files(&table->form);
    }
    td_free(source->rules.repeats_by);
    td_free(source->weight.names);
    td_free(source->weight.values);
    td_yaml_free(source->schema);
    td_yaml_free(source->by_option[0]);
    td_yaml_free(source->by_option[1]);
    *source = (td_source){.schema = NULL};
}

size_t td_source_add_column(td_source_table *table, const char *column)
{
    td_table_form *form = &table->form;
    form->columns = td_grow(form->columns, form->count, sizeof *form->columns);
    form->columns[form->count] = column;
    return form->count++;
}

td_source_field *td_source_add_field(td_source_table *table, td_source_field field)
{
    table->fields = td_grow(table->fields, table->count, sizeof *table->fields);
    table->fields[table->count] = field;
    return &table->fields[table->count++];
}

void td_source_warn_of_differing(const td_source_table *table, td_of of, int64_t count)
{
    if (count > 0)
        td_warn("%s: the rows of %" PRId64 " %s%s differ in what they tell of %s: the first row of "
                "each counts",
                table->form.path, count, td_of_name(of), count == 1 ? "" : "s",
                count == 1 ? "it" : "them");
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
