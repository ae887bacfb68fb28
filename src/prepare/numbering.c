/* The names of fields as numbers. Each rank has numbered those that it read in the order in which
 * they came; all of them together are numbered in byte order, as if one rank had read all. */
#include "base/log.h"
#include "base/memory.h"
#include "data/tokens.h"
#include "prepare/preparing.h"
#include "prepare/rare.h"
#include "prepare/shared_names.h"
#include "text/excerpt.h"

#include <inttypes.h>

td_status td_check_names(const td_preparing *p, const char *what, int64_t count)
{
    if (count <= TD_VOCABULARY_MAX)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s: expected at most %d %s, found %" PRId64, p->options->input,
                   TD_VOCABULARY_MAX, what, count);
}

static bool has_line_end(td_str name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.text[i] == '\n' || name.text[i] == '\r')
            return true;
    return false;
}

td_status td_check_keys(const td_preparing *p, const char *what, const td_vocabulary *keys)
{
    td_status status = TD_OK;
    const int32_t count = td_vocabulary_count(keys);
    for (int32_t i = 1; i <= count && status == TD_OK; i++)
        if (has_line_end(td_vocabulary_name(keys, i)))
            status = td_fail(
                TD_ERR_INPUT, "%s: expected names of %s without line ends (CR or LF), found '%s'",
                p->options->input, what, td_excerpt_of_str(td_vocabulary_name(keys, i)).text);
    return td_comm_agree(p->comm, status);
}

/* Collective. Gives the ids of a field, numbers in mine, the numbers that the names of all ranks
 * have together, in byte order: all of them, which every rank gets to know. Frees mine. */
static td_status number_together(const td_preparing *p, const char *what, td_vocabulary *mine,
                                 int64_t count, int32_t *ids, td_vocabulary **all)
{
    td_shared_names names = td_shared_names_make(p->comm, mine);
    td_status status = td_check_names(p, what, names.total);
    if (status == TD_OK) {
        int32_t *number = td_shared_names_numbers(p->comm, &names);
        for (int64_t i = 0; i < count; i++)
            ids[i] = number[ids[i]];
        *all = td_shared_names_gather(p->comm, &names);
        td_free(number);
    }
    td_shared_names_free(&names);
    td_vocabulary_free(mine);
    return status;
}

/* Gives the items of rows their numbers in the item list, to which those are added that it lacks.
 * Frees names, all that rows have. */
static void join_items(td_preparing *p, td_vocabulary *names, int64_t count, int32_t *item)
{
    const char *list = p->source->table[TD_OF_ITEM].form.path;
    const int32_t rows = p->catalog.rows;
    int32_t *number = TD_NEW(int32_t, (size_t)td_vocabulary_count(names) + 1);
    td_catalog_add_unlisted(names, &p->catalog, number);
    for (int64_t i = 0; i < count; i++)
        item[i] = number[item[i]];
    if (p->catalog.rows > rows)
        td_log("%s: lacks %d of the %d items of the interactions, which are items without fields",
               list, (int)(p->catalog.rows - rows), (int)td_vocabulary_count(names));
    td_free(number);
    td_vocabulary_free(names);
}

/* Items are numbers in the item list, or names: those that make it, or those that it may lack. */
static td_status number_items(td_preparing *p, const td_source_field *field)
{
    td_frame *frame = &p->rows.frame;
    int32_t *item = td_frame_values(frame, field->name);
    if (p->catalog.ids && !p->source->unlisted_are_items) {
        for (int64_t i = 0; i < frame->count; i++)
            item[i] = p->catalog.item[item[i] - 1];
    } else {
        td_vocabulary *all, *mine = td_records_take_names(&p->rows, field->name);
        TD_TRY(number_together(p, "items", mine, frame->count, item, &all));
        if (p->catalog.ids)
            join_items(p, all, frame->count, item);
        else
            td_catalog_of_ids(all, &p->catalog);
    }
    td_prepared_add(&p->prepared, TD_OF_ROW, field, td_vocabulary_list(p->catalog.items));
    return td_check_keys(p, "items", p->catalog.items);
}

/* Collective. Gives the tokens of texts, numbered in byte order, the ids that those of the item
 * list's texts have. */
static void number_tokens(td_preparing *p, td_of of, const td_source_field *field,
                          const td_vocabulary *all, td_field *values, int64_t rows)
{
    const size_t ids = (size_t)td_vocabulary_count(all) + 1;
    int64_t *counts = TD_NEW(int64_t, ids);
    int32_t *tokens = values->values;
    td_rare_count(values, rows, counts);
    td_comm_sum(p->comm, ids, counts);
    td_vocabulary *learned = td_tokens_choose(all, counts, p->options->max_tokens);
    for (int64_t i = 0; i < td_field_elements(values, rows); i++)
        tokens[i] = td_tokens_id(learned, td_vocabulary_name(all, tokens[i]));
    td_prepared_add(&p->prepared, of, field, td_tokens_names(learned));
    td_vocabulary_free(learned);
    td_free(counts);
}

static td_status number_categories(td_preparing *p, td_of of, td_records *records,
                                   const td_source_field *field)
{
    td_field *values = td_frame_find(&records->frame, field->name);
    td_vocabulary *all, *mine = td_records_take_names(records, field->name);
    TD_TRY(number_together(p, field->name, mine, td_field_elements(values, records->frame.count),
                           values->values, &all));
    if (field->kind == TD_KIND_TEXT)
        number_tokens(p, of, field, all, values, records->frame.count);
    else
        td_prepared_add(&p->prepared, of, field, td_vocabulary_list(all));
    td_vocabulary_free(all);
    return TD_OK;
}

/* Collective. Adds the fields of a table to the schema, and gives their names numbers, but for
 * those of the users, whose vocabulary stays. */
static td_status add_fields(td_preparing *p, td_of of, td_records *records)
{
    for (size_t f = 0; records->table && f < records->table->count; f++) {
        const td_source_field *field = &records->table->fields[f];
        if (field->role == TD_ROLE_ITEM)
            TD_TRY(number_items(p, field));
        else if (td_kind_has_vocabulary(field->kind) && field->role != TD_ROLE_USER &&
                 field->hash_buckets == 0)
            TD_TRY(number_categories(p, of, records, field));
        else
            td_prepared_add(&p->prepared, of, field, (td_strings){0});
    }
    return TD_OK;
}

td_status td_number_fields(td_preparing *p)
{
    TD_TRY(add_fields(p, TD_OF_ROW, &p->rows));
    TD_TRY(add_fields(p, TD_OF_USER, &p->others));
    p->items = td_catalog_fields(&p->catalog, p->options->max_tokens, &p->prepared);
    return TD_OK;
}

/* Collective. Leaves out of a field's names those that fewer than min_count values have. */
static void drop_rare(td_preparing *p, size_t f, td_frame *frame, int64_t min_count)
{
    td_schema_field *about = &p->prepared.schema.fields[f];
    td_strings *names = &p->prepared.names[f];
    td_field *field = td_frame_find(frame, about->name);
    const size_t ids = (size_t)names->count + 1;
    int64_t *counts = TD_NEW(int64_t, ids);
    td_rare_count(field, frame->count, counts);
    td_comm_sum(p->comm, ids, counts);
    *names = td_rare_drop(*names, min_count, counts, field, frame->count);
    about->vocabulary = names->count + 1;
    td_free(counts);
}

/* Collective. The items of the rows that are left, and those of the item list. */
static void drop_items(td_preparing *p, size_t f)
{
    td_schema_field *about = &p->prepared.schema.fields[f];
    td_field *item = td_frame_find(&p->rows.frame, about->name);
    const size_t ids = (size_t)p->prepared.names[f].count + 1;
    int64_t *counts = TD_NEW(int64_t, ids), *places = TD_NEW(int64_t, ids);
    int32_t *number = TD_NEW(int32_t, ids), left = 0;
    td_rare_count(item, p->rows.frame.count, counts);
    td_comm_sum(p->comm, ids, counts);
    for (int32_t row = 0; row < p->catalog.listed; row++)
        counts[p->catalog.item[row]]++;
    for (size_t i = 1; i < ids; i++)
        if (counts[i] > 0) {
            number[i] = ++left;
            places[left] = (int64_t)i;
        }
    p->prepared.names[f] = td_rare_drop(p->prepared.names[f], 1, counts, item, p->rows.frame.count);
    about->vocabulary = left + 1;
    td_catalog_renumber(number, &p->catalog);
    const td_frame items = td_frame_gather(&p->items, left + 1, places);
    td_frame_free(&p->items);
    p->items = items;
    td_free(counts);
    td_free(places);
    td_free(number);
}

void td_drop_rare_names(td_preparing *p)
{
    td_frame *const frames[TD_OFS] = {&p->rows.frame, &p->users, NULL};
    for (size_t f = 0; f < p->prepared.schema.count; f++) {
        const td_schema_field *about = &p->prepared.schema.fields[f];
        const td_source_field *source = td_source_find(p->source, about->name);
        const bool some_left =
            about->of == TD_OF_ROW ? p->left_some : p->source->table[about->of].is_of_rows;
        const int64_t least = some_left ? 1 : 2;
        if (about->role == TD_ROLE_ITEM && p->left_some && p->catalog.listed < p->catalog.rows)
            drop_items(p, f);
        else if (about->role == TD_ROLE_NONE && about->kind != TD_KIND_TEXT && frames[about->of] &&
                 p->prepared.names[f].offsets && td_larger(source->min_count, 1) >= least)
            drop_rare(p, f, frames[about->of], td_larger(source->min_count, 1));
    }
}
