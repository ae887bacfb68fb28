/* One function a format, in one table. A new format is a function and a line. */
#include "prepare/source.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Returns folder/name, to be freed. */
static char *path_in(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + sizeof "/";
    char *path = TD_NEW(char, size);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static td_status check_folder(const td_prepare_options *options, const char *ratings,
                              const char *items)
{
    struct stat is;
    if (stat(options->input, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", options->input, strerror(errno));
    if (!S_ISDIR(is.st_mode))
        return td_fail(TD_ERR_FILE,
                       "%s: expected the folder that holds %s and %s of %s, found a "
                       "file",
                       options->input, ratings, items, options->format);
    return TD_OK;
}

static td_status describe_100k(const td_prepare_options *options, td_source *source)
{
    TD_TRY(check_folder(options, "u.data", "u.item"));
    source->ratings = (td_table_form){.path = path_in(options->input, "u.data"),
                                      .encoding = TD_ENCODING_LATIN1,
                                      .separator = "\t",
                                      .width = 4,
                                      .columns = {"1", "2", "3", "4"}};
    source->items = (td_table_form){.path = path_in(options->input, "u.item"),
                                    .encoding = TD_ENCODING_LATIN1,
                                    .separator = "|",
                                    .ragged = true,
                                    .columns = {"1", "2"}};
    return TD_OK;
}

static td_status describe_1m(const td_prepare_options *options, td_source *source)
{
    TD_TRY(check_folder(options, "ratings.dat", "movies.dat"));
    source->ratings = (td_table_form){.path = path_in(options->input, "ratings.dat"),
                                      .encoding = TD_ENCODING_LATIN1,
                                      .separator = "::",
                                      .width = 4,
                                      .columns = {"1", "2", "3", "4"}};
    source->items = (td_table_form){.path = path_in(options->input, "movies.dat"),
                                    .encoding = TD_ENCODING_LATIN1,
                                    .separator = "::",
                                    .ragged = true,
                                    .columns = {"1", "2"}};
    return TD_OK;
}

static td_status describe_csv(const td_prepare_options *options, td_source *source)
{
    TD_TRY(check_folder(options, "ratings.csv", "movies.csv"));
    source->ratings = (td_table_form){.path = path_in(options->input, "ratings.csv"),
                                      .separator = ",",
                                      .quoted = true,
                                      .header = true,
                                      .columns = {"userId", "movieId", "rating", "timestamp"}};
    source->items = (td_table_form){.path = path_in(options->input, "movies.csv"),
                                    .separator = ",",
                                    .quoted = true,
                                    .header = true,
                                    .columns = {"movieId", "title"}};
    return TD_OK;
}

static const char *separator_of(const td_prepare_options *options)
{
    const char *separator = options->separator ? options->separator : ",";
    return strcmp(separator, "tab") == 0 || strcmp(separator, "\\t") == 0 ? "\t" : separator;
}

static bool is_name(const char *column)
{
    return column && column[strspn(column, "0123456789")] != '\0';
}

/* Whether a table's first line is a header. */
static bool has_header(td_header said, const char *const columns[TD_TABLE_COLUMNS])
{
    bool named = false;
    for (int c = 0; c < TD_TABLE_COLUMNS; c++)
        named = named || is_name(columns[c]);
    return said == TD_HEADER_YES || (said == TD_HEADER_AUTO && named);
}

static const char *or_default(const char *column, const char *otherwise)
{
    return column ? column : otherwise;
}

static td_status describe_delimited(const td_prepare_options *options, td_source *source)
{
    td_table_form form = {.separator = separator_of(options)};
    form.quoted = strcmp(form.separator, ",") == 0;
    if (form.separator[strcspn(form.separator, "\r\n\"")] != '\0' || *form.separator == '\0')
        return td_fail(TD_ERR_USAGE,
                       "separator: expected one character or more without quotes and "
                       "line ends, found '%s'",
                       form.separator);
    source->ratings = form;
    source->ratings.path = td_copy_text(options->input);
    source->ratings.columns[TD_RATINGS_USER] = or_default(options->user_column, "1");
    source->ratings.columns[TD_RATINGS_ITEM] = or_default(options->item_column, "2");
    source->ratings.columns[TD_RATINGS_RATING] = options->rating_column;
    source->ratings.columns[TD_RATINGS_TIME] = options->timestamp_column;
    source->ratings.columns[TD_RATINGS_WEIGHT] = options->weight_column;
    source->ratings.header = has_header(options->header, source->ratings.columns);
    if (!options->items)
        return TD_OK;
    source->items = form;
    source->items.path = td_copy_text(options->items);
    source->items.columns[TD_ITEMS_ID] = or_default(options->items_id_column, "1");
    source->items.columns[TD_ITEMS_TITLE] = or_default(options->items_title_column, "2");
    source->items.header = has_header(options->header, source->items.columns);
    return TD_OK;
}

static const struct {
    const char *name;
    td_status (*describe)(const td_prepare_options *options, td_source *source);
} formats[] = {
    {"movielens-100k", describe_100k},
    {"movielens-1m", describe_1m},
    {"movielens-csv", describe_csv},
    {"delimited", describe_delimited},
};

enum { FORMATS = sizeof formats / sizeof *formats };

static bool has_columns(const td_prepare_options *o)
{
    return o->items || o->separator || o->header != TD_HEADER_AUTO || o->user_column ||
           o->item_column || o->rating_column || o->timestamp_column || o->weight_column ||
           o->items_id_column || o->items_title_column;
}

td_status td_source_describe(const td_prepare_options *options, td_source *source)
{
    *source = (td_source){.ratings = {.path = NULL}};
    const char *name = options->format ? options->format : "";
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(name, formats[i].name) != 0)
            continue;
        if (formats[i].describe != describe_delimited && has_columns(options))
            return td_fail(TD_ERR_USAGE,
                           "format %s knows its own columns: separator, header, "
                           "columns and item list are for the format delimited",
                           name);
        return formats[i].describe(options, source);
    }
    return td_fail(TD_ERR_USAGE,
                   "format: expected movielens-100k, movielens-1m, movielens-csv or "
                   "delimited, found '%s'",
                   name);
}

void td_source_free(td_source *source)
{
    td_free(source->ratings.path);
    td_free(source->items.path);
    *source = (td_source){.ratings = {.path = NULL}};
}
