/* Group by group. Columns of the rows are not copied: they are gathered when they are written. */
#include "data/contents.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/text.h"

#include <stdio.h>

static void add(td_contents *c, const char *group, const char *name, td_type type, int64_t count,
                const void *values)
{
    TD_ASSERT(c->count < TD_CONTENTS_MAX);
    td_contents_array *array = &c->array[c->count++];
    *array = (td_contents_array){.type = type, .count = count, .values = values};
    snprintf(array->name, sizeof array->name, "%s/%s", group, name);
}

static void add_split(td_contents *c, td_split split, const td_data_parts *parts)
{
    const td_ratings *r = parts->ratings;
    const td_grouping *g = parts->grouping;
    const char *group = td_split_name(split);
    const int64_t count = g->offsets[split][g->file_users];
    const struct {
        const char *name;
        td_type type;
        const void *values;
    } columns[] = {
        {"item", TD_INT32, r->item},
        {"rating", TD_FLOAT32, r->rating},
        {"weight", TD_FLOAT32, r->weight},
        {"timestamp", TD_INT64, r->time},
    };
    add(c, group, "user_offsets", TD_INT64, g->file_users + 1, g->offsets[split]);
    add(c, group, "row", TD_INT64, count, g->rows[split]);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (!columns[i].values)
            continue;
        add(c, group, columns[i].name, columns[i].type, count, columns[i].values);
        c->array[c->count - 1].rows = g->rows[split];
    }
}

static void add_seen(td_contents *c, const td_data_parts *parts)
{
    int64_t users = parts->grouping->file_users;
    c->seen = td_seen_make(parts->ratings, parts->grouping);
    add(c, "seen", "offsets", TD_INT64, users + 1, c->seen.offsets);
    add(c, "seen", "items", TD_INT32, c->seen.offsets[users], c->seen.items);
}

static void add_strings(td_contents *c, const char *name, const td_strings *strings)
{
    add(c, name, "bytes", TD_UINT8, strings->offsets[strings->count], strings->bytes);
    add(c, name, "offsets", TD_INT64, strings->count + 1, strings->offsets);
}

/* The names of a vocabulary by rising number. */
static td_strings names_of(const td_vocabulary *vocabulary)
{
    int32_t count = td_vocabulary_count(vocabulary);
    int32_t *numbers = TD_NEW(int32_t, (size_t)count);
    for (int32_t i = 0; i < count; i++)
        numbers[i] = i + 1;
    td_strings names = td_vocabulary_strings(vocabulary, count, numbers);
    td_free(numbers);
    return names;
}

static void add_users(td_contents *c, const td_data_parts *parts)
{
    const td_grouping *g = parts->grouping;
    c->users = td_vocabulary_strings(parts->ratings->users, g->file_users, g->number);
    add_strings(c, "users/names", &c->users);
}

static void add_items(td_contents *c, const td_data_parts *parts)
{
    int32_t items = td_vocabulary_count(parts->catalogue->items);
    c->items = names_of(parts->catalogue->items);
    c->item_counts = td_pairs_count_items(parts->ratings, parts->grouping, items);
    add_strings(c, "items/names", &c->items);
    add(c, "items", "train_counts", TD_INT64, items + 1, c->item_counts);
}

static void add_catalogue(td_contents *c, const td_catalogue *list)
{
    c->ids = names_of(list->ids ? list->ids : list->items);
    add(c, "catalogue", "item", TD_INT32, list->rows, list->item);
    add_strings(c, "catalogue/id", &c->ids);
}

static void add_titles(td_contents *c, const td_catalogue *list, int32_t max_tokens)
{
    int32_t items = td_vocabulary_count(list->items);
    c->row_titles = td_vocabulary_strings(list->titles, list->rows, list->title);
    c->titles = td_learned_titles_make(list, &c->row_titles, max_tokens);
    c->tokens = td_text_names(c->titles.learned);
    add_strings(c, "catalogue/title", &c->row_titles);
    add_strings(c, "tokens/names", &c->tokens);
    add(c, "items", "token_offsets", TD_INT64, items + 2, c->titles.offsets);
    add(c, "items", "tokens", TD_INT32, c->titles.offsets[items + 1], c->titles.tokens);
}

td_contents *td_contents_create(const td_data_parts *parts)
{
    td_contents *contents = TD_NEW(td_contents, 1);
    add_split(contents, TD_TRAIN, parts);
    add_split(contents, TD_TEST, parts);
    add_seen(contents, parts);
    add_users(contents, parts);
    add_items(contents, parts);
    add_catalogue(contents, parts->catalogue);
    if (parts->catalogue->titles)
        add_titles(contents, parts->catalogue, (int32_t)parts->options->max_tokens);
    return contents;
}

void td_contents_free(td_contents *contents)
{
    if (!contents)
        return;
    td_seen_free(&contents->seen);
    td_free(contents->item_counts);
    td_strings_free(&contents->users);
    td_strings_free(&contents->items);
    td_strings_free(&contents->ids);
    td_strings_free(&contents->row_titles);
    td_strings_free(&contents->tokens);
    td_learned_titles_free(&contents->titles);
    td_free(contents);
}
