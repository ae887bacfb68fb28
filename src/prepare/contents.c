/* Group by group. Columns of the rows are not copied: they are gathered when they are written. */
#include "prepare/contents.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/tokens.h"

#include <stdio.h>
#include <string.h>

/* What is added to. */
typedef struct {
    td_comm *comm;
    const td_data_parts *parts;
    td_contents *contents;
} adding;

static td_contents_array *add(td_contents *c, const char *group, const char *name, td_type type,
                              const void *values)
{
    TD_ASSERT(c->count < TD_CONTENTS_MAX);
    td_contents_array *array = &c->array[c->count++];
    *array = (td_contents_array){.type = type, .values = values};
    snprintf(array->name, sizeof array->name, "%s/%s", group, name);
    return array;
}

/* Adds what every rank has. */
static void add_common(const adding *a, const char *group, const char *name, td_type type,
                       int64_t count, const void *values)
{
    td_contents_array *array = add(a->contents, group, name, type, values);
    array->total = count;
    array->count = td_comm_rank(a->comm) == 0 ? count : 0;
}

/* Adds what the ranks have one after the other. */
static td_contents_array *add_own(const adding *a, const char *group, const char *name,
                                  td_type type, int64_t count, const void *values)
{
    td_contents_array *array = add(a->contents, group, name, type, values);
    array->total = array->count = count;
    td_comm_sum(a->comm, 1, &array->total);
    td_comm_exscan(a->comm, 1, &count, &array->first);
    return array;
}

/* Adds the places where the values of each user begin, and the end of all: offsets (users + 1)
 * begin with 0 on each rank, and become those in the file. The last rank has the end. */
static void add_offsets(const adding *a, const char *group, const char *name, int64_t *offsets)
{
    int64_t users = a->parts->order->users, before;
    td_comm_exscan(a->comm, 1, &offsets[users], &before);
    for (int64_t u = 0; u <= users; u++)
        offsets[u] += before;
    td_contents_array *own = add_own(a, group, name, TD_INT64, users, offsets);
    own->total++;
    own->count += td_comm_rank(a->comm) == td_comm_size(a->comm) - 1;
}

static void add_split(const adding *a, td_split split)
{
    const td_ratings *r = a->parts->ratings;
    const td_user_order *g = a->parts->order;
    const char *group = td_split_name(split);
    const int64_t count = g->offsets[split][g->users];
    const struct {
        const char *name;
        td_type type;
        const void *values;
    } columns[] = {
        {"row", TD_INT64, r->row},         {"item", TD_INT32, r->item},
        {"rating", TD_FLOAT32, r->rating}, {"weight", TD_FLOAT32, r->weight},
        {"timestamp", TD_INT64, r->time},
    };
    int64_t *offsets = TD_NEW(int64_t, (size_t)g->users + 1);
    memcpy(offsets, g->offsets[split], ((size_t)g->users + 1) * sizeof *offsets);
    add_offsets(a, group, "user_offsets", offsets);
    a->contents->row_offsets[split] = offsets;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].values)
            add_own(a, group, columns[i].name, columns[i].type, count, columns[i].values)->rows =
                g->rows[split];
}

static void add_seen(const adding *a)
{
    td_seen *seen = &a->contents->seen;
    *seen = td_seen_make(a->parts->ratings, a->parts->order);
    int64_t count = seen->offsets[a->parts->order->users];
    add_offsets(a, "seen", "offsets", seen->offsets);
    add_own(a, "seen", "items", TD_INT32, count, seen->items);
}

static void add_users(const adding *a)
{
    const td_user_order *g = a->parts->order;
    td_strings *names = &a->contents->users;
    *names = td_strings_pick(&a->parts->owners->names, g->users, g->user);
    add_own(a, "users/names", "bytes", TD_UINT8, names->offsets[g->users], names->bytes);
    add_offsets(a, "users/names", "offsets", names->offsets);
}

static void add_strings(const adding *a, const char *name, const td_strings *strings)
{
    add_common(a, name, "bytes", TD_UINT8, strings->offsets[strings->count], strings->bytes);
    add_common(a, name, "offsets", TD_INT64, strings->count + 1, strings->offsets);
}

static void add_items(const adding *a)
{
    const td_vocabulary *names = a->parts->catalog->items;
    td_contents *c = a->contents;
    int64_t items = td_vocabulary_count(names);
    c->items = td_vocabulary_list(names);
    c->item_counts = td_pairs_count_items(a->parts->ratings, items);
    td_comm_sum(a->comm, (size_t)items + 1, c->item_counts);
    add_strings(a, "items/names", &c->items);
    add_common(a, "items", "train_counts", TD_INT64, items + 1, c->item_counts);
}

static void add_catalogue(const adding *a)
{
    const td_catalog *list = a->parts->catalog;
    td_strings *ids = &a->contents->ids;
    *ids = td_vocabulary_list(list->ids ? list->ids : list->items);
    add_common(a, "catalogue", "item", TD_INT32, list->rows, list->item);
    add_strings(a, "catalogue/id", ids);
}

static void add_titles(const adding *a)
{
    const td_catalog *list = a->parts->catalog;
    td_contents *c = a->contents;
    int32_t items = td_vocabulary_count(list->items);
    c->row_titles = td_vocabulary_strings(list->titles, list->rows, list->title);
    c->titles =
        td_learned_titles_make(list, &c->row_titles, (int32_t)a->parts->options->max_tokens);
    c->tokens = td_tokens_names(c->titles.learned);
    add_strings(a, "catalogue/title", &c->row_titles);
    add_strings(a, "tokens/names", &c->tokens);
    add_common(a, "items", "token_offsets", TD_INT64, items + 2, c->titles.offsets);
    add_common(a, "items", "tokens", TD_INT32, c->titles.offsets[items + 1], c->titles.tokens);
}

td_contents *td_contents_create(td_comm *comm, const td_data_parts *parts)
{
    td_contents *contents = TD_NEW(td_contents, 1);
    adding a = {comm, parts, contents};
    add_split(&a, TD_TRAIN);
    add_split(&a, TD_TEST);
    add_seen(&a);
    add_users(&a);
    add_items(&a);
    add_catalogue(&a);
    if (parts->catalog->titles)
        add_titles(&a);
    return contents;
}

void td_contents_free(td_contents *contents)
{
    if (!contents)
        return;
    td_seen_free(&contents->seen);
    for (int s = 0; s < TD_SPLITS; s++)
        td_free(contents->row_offsets[s]);
    td_free(contents->item_counts);
    td_strings_free(&contents->users);
    td_strings_free(&contents->items);
    td_strings_free(&contents->ids);
    td_strings_free(&contents->row_titles);
    td_strings_free(&contents->tokens);
    td_learned_titles_free(&contents->titles);
    td_free(contents);
}
