/* Lists as the file has them, and the same lists to be searched. */
#include "serve/known_names.h"

#include "base/memory.h"
#include "data/names.h"
#include "text/excerpt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct td_known_names {
    int64_t users; /* with an id; names after these have none */
    td_strings user_list, item_list;
    int64_t rows; /* of the item list: */
    td_strings row_titles, row_ids;
    int32_t *item_of_row; /* (rows) */
    int64_t *row_of_item; /* (items + 1): its first row */
    bool *is_shared;      /* (rows) whether items of later rows have the row's title */
    td_names *user_names, *item_names, *title_names, *id_names; /* the last two with titles only */
};

static td_status read_titles(td_dataset *data, td_known_names *known)
{
    const td_data_info *info = td_dataset_info(data);
    known->rows = info->catalog;
    TD_TRY(td_dataset_read_catalog_titles(data, &known->row_titles));
    TD_TRY(td_dataset_read_catalog_ids(data, &known->row_ids));
    TD_TRY(td_dataset_read_catalog(data, &known->item_of_row));
    known->row_of_item = TD_NEW(int64_t, (size_t)info->items + 1);
    for (int64_t row = info->catalog - 1; row >= 0; row--)
        known->row_of_item[known->item_of_row[row]] = row;
    known->title_names = td_names_create(&known->row_titles);
    known->id_names = td_names_create(&known->row_ids);
    known->is_shared = TD_NEW(bool, (size_t)known->rows);
    for (int64_t row = 0; row < known->rows; row++) {
        const td_str title = td_string_at(&known->row_titles, row);
        const int32_t first = td_names_find(known->title_names, title) - 1;
        if (known->item_of_row[row] != known->item_of_row[first])
            known->is_shared[first] = true;
    }
    return TD_OK;
}

static td_status read_all(td_dataset *data, td_known_names *known)
{
    const td_data_info *info = td_dataset_info(data);
    known->users = info->users;
    TD_TRY(td_dataset_read_user_names(data, &known->user_list));
    TD_TRY(td_dataset_read_item_names(data, &known->item_list));
    known->user_names = td_names_create(&known->user_list);
    known->item_names = td_names_create(&known->item_list);
    return td_schema_with_role(&info->schema, TD_ROLE_TITLE) ? read_titles(data, known) : TD_OK;
}

td_status td_known_names_read(td_dataset *data, td_known_names **out)
{
    *out = TD_NEW(td_known_names, 1);
    td_status status = read_all(data, *out);
    if (status != TD_OK) {
        td_known_names_free(*out);
        *out = NULL;
    }
    return status;
}

void td_known_names_free(td_known_names *known)
{
    if (!known)
        return;
    td_strings_free(&known->user_list);
    td_strings_free(&known->item_list);
    td_strings_free(&known->row_titles);
    td_strings_free(&known->row_ids);
    td_free(known->item_of_row);
    td_free(known->row_of_item);
    td_free(known->is_shared);
    td_names_free(known->user_names);
    td_names_free(known->item_names);
    td_names_free(known->title_names);
    td_names_free(known->id_names);
    td_free(known);
}

/* Names stand whole in a note, so that they can be copied from it. */
static void print_name(FILE *to, const char *before, td_str name)
{
    fprintf(to, "%s'", before);
    for (size_t c = 0; c < name.length; c++)
        fputc(iscntrl((unsigned char)name.text[c]) ? '?' : name.text[c], to);
    fputc('\'', to);
}

static td_found unknown_name(const char *what, td_str name, const td_names *among)
{
    td_str nearest[TD_NAMES_NEAREST];
    const size_t count = among ? td_names_nearest(among, name, nearest) : 0;
    char *note;
    size_t size;
    FILE *to = td_text_writer(&note, &size);
    fprintf(to, "%s'%s'", what, td_excerpt_of_str(name).text);
    for (size_t i = 0; i < count; i++)
        print_name(to, i == 0 ? "; the nearest: " : ", ", nearest[i]);
    td_text_writer_close(to);
    return (td_found){0, -1, note};
}

td_found td_known_names_user(const td_known_names *known, td_str name, bool with_nearest)
{
    const int64_t place = td_known_names_user_place(known, name);
    if (place < 0)
        return unknown_name("unknown user ", name, with_nearest ? known->user_names : NULL);
    if (place < known->users)
        return (td_found){(int32_t)place + 1, place, NULL};
    td_found found = unknown_name("a user without training rows: ", name, NULL);
    found.place = place;
    return found;
}

enum { KEYS_SHOWN = 5 };

/* Answers to a title that the item of row first has and others, too. */
static td_found shared_title(const td_known_names *known, td_str title, int64_t first)
{
    char *note;
    size_t size;
    int keys = 0;
    FILE *to = td_text_writer(&note, &size);
    fprintf(to, "several items have the title '%s'", td_excerpt_of_str(title).text);
    for (int64_t row = first; row < known->rows && keys < KEYS_SHOWN; row++)
        if (td_str_compare(td_string_at(&known->row_titles, row), title) == 0)
            print_name(to, keys++ == 0 ? "; name one by its id: " : ", ",
                       td_string_at(&known->row_ids, row));
    td_text_writer_close(to);
    return (td_found){0, -1, note};
}

int64_t td_known_names_user_place(const td_known_names *known, td_str name)
{
    return (int64_t)td_names_find(known->user_names, name) - 1;
}

int32_t td_known_names_user_id(const td_known_names *known, td_str name)
{
    const int32_t number = td_names_find(known->user_names, name);
    return number <= known->users ? number : 0;
}

int32_t td_known_names_item_id(const td_known_names *known, td_str name)
{
    const int32_t number = td_names_find(known->item_names, name);
    if (number > 0 || !known->title_names)
        return number;
    int32_t row = td_names_find(known->id_names, name);
    if (row == 0) {
        row = td_names_find(known->title_names, name);
        row = row > 0 && known->is_shared[row - 1] ? 0 : row;
    }
    return row > 0 ? known->item_of_row[row - 1] : 0;
}

bool td_known_names_is_shared(const td_known_names *known, td_str name)
{
    return known->title_names && td_names_find(known->title_names, name) > 0;
}

td_found td_known_names_item(const td_known_names *known, td_str name, bool with_nearest)
{
    const int32_t id = td_known_names_item_id(known, name);
    if (id > 0)
        return (td_found){id, -1, NULL};
    const td_names *among = known->title_names ? known->title_names : known->item_names;
    const int32_t row = known->title_names ? td_names_find(known->title_names, name) : 0;
    return row > 0 ? shared_title(known, name, row - 1)
                   : unknown_name("unknown item ", name, with_nearest ? among : NULL);
}

td_str td_known_names_of_user(const td_known_names *known, int32_t user)
{
    return td_string_at(&known->user_list, user - 1);
}

td_str td_known_names_of_item(const td_known_names *known, int32_t item)
{
    return td_string_at(&known->item_list, item - 1);
}

td_str td_known_names_title(const td_known_names *known, int32_t item)
{
    const td_str name = td_known_names_of_item(known, item);
    if (!known->title_names)
        return name;
    const td_str title = td_string_at(&known->row_titles, known->row_of_item[item]);
    return title.length > 0 ? title : name; /* an untitled item is named by its id */
}

td_status td_found_check(const td_found *found, bool is_single, td_unknown unknown)
{
    if (found->id > 0 || td_unknown_of(unknown, is_single) == TD_UNKNOWN_ALLOW)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s%s", found->note,
                   unknown == TD_UNKNOWN_AUTO ? "; --unknown allow answers all the same" : "");
}

char *td_found_join_notes(td_found *first, td_found *second)
{
    if (!first->note || !second->note)
        return first->note ? first->note : second->note;
    char *joined = td_print_text("%s; %s", first->note, second->note);
    td_free(first->note);
    td_free(second->note);
    return joined;
}
