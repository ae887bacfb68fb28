/* Rows of a user at a time: there are few. */
#include "report/examples.h"

#include "base/memory.h"
#include "serve/known_names.h"
#include "tandem/memory.h"
#include "tandem/neighbors.h"
#include "tandem/recommend.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How many users are looked at for some that have rows. */
enum { USERS_LOOKED_AT = 10000 };

static void add_item(td_example_items *items, const td_known_names *known, int32_t item)
{
    items->title = td_grow(items->title, items->count, sizeof(void *));
    items->item = td_grow(items->item, items->count, sizeof *items->item);
    items->title[items->count] =
        item > 0 ? td_str_copy(td_known_names_title(known, item)) : td_copy_text("");
    items->item[items->count++] = item;
}

/* A row's place by time. */
typedef struct {
    int64_t time, row;
    int32_t item;
} timed;

static int by_time(const void *left, const void *right)
{
    const timed *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* C: a user's rows of a split by time, or by number where there is none; *rows is their number. */
static td_status read_items(td_dataset *data, td_split split, int64_t place, int64_t *count,
                            timed **items)
{
    int64_t *offsets;
    td_rows rows;
    TD_TRY(td_dataset_read_users(data, split, place, 1, NULL, &offsets, &rows));
    const bool has_time = td_schema_with_role(&td_dataset_info(data)->schema, TD_ROLE_TIME) != NULL;
    *count = rows.count;
    *items = TD_NEW(timed, (size_t)rows.count);
    for (int64_t i = 0; i < rows.count; i++)
        (*items)[i] = (timed){has_time ? rows.timestamp[i] : 0, rows.row[i], rows.item[i]};
    qsort(*items, (size_t)rows.count, sizeof **items, by_time);
    td_rows_free(&rows);
    td_free(offsets);
    return TD_OK;
}

/* C */
static td_status add_user(td_dataset *data, const td_known_names *known, td_split split,
                          int64_t place, td_examples *examples)
{
    timed *items;
    int64_t count;
    td_example_user *user = &examples->user[examples->users];
    TD_TRY(read_items(data, TD_TRAIN, place, &count, &items));
    user->training_rows = count;
    for (int64_t i = count; i-- > 0 && user->had.count < TD_EXAMPLES;)
        add_item(&user->had, known, items[i].item);
    td_free(items);
    examples->users++;
    user->name = td_str_copy(td_known_names_of_user(known, (int32_t)place + 1));
    TD_TRY(read_items(data, split, place, &count, &items));
    for (int64_t i = 0; i < count; i++)
        add_item(&user->took, known, items[i].item);
    td_free(items);
    return TD_OK;
}

/* C */
static td_status choose_users(td_dataset *data, const td_known_names *known, td_split split,
                              td_examples *examples)
{
    int64_t *asked;
    const int64_t users = td_smaller(td_dataset_info(data)->users, USERS_LOOKED_AT);
    TD_TRY(td_dataset_read_user_offsets(data, split, (td_range){0, users}, &asked));
    td_status status = TD_OK;
    for (int64_t u = 0; u < users && examples->users < TD_EXAMPLES && status == TD_OK; u++)
        if (asked[u + 1] > asked[u])
            status = add_user(data, known, split, u, examples);
    td_free(asked);
    return status;
}

/* An item and its training rows. */
typedef struct {
    int64_t rows;
    int32_t item;
} counted;

static int by_rows(const void *left, const void *right)
{
    const counted *a = left, *b = right;
    if (a->rows != b->rows)
        return a->rows > b->rows ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

/* C: at the squares of equal steps through the items by popularity. */
static td_status choose_items(td_dataset *data, const td_known_names *known, td_examples *examples)
{
    int64_t *counts, items = td_dataset_info(data)->items;
    size_t n = 0, last = SIZE_MAX;
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    counted *order = TD_NEW(counted, (size_t)items);
    for (int32_t i = 1; i <= items; i++)
        if (counts[i] > 0)
            order[n++] = (counted){counts[i], i};
    qsort(order, n, sizeof *order, by_rows);
    for (size_t e = 0; e < TD_EXAMPLES && n > 0; e++) {
        const size_t steps = TD_EXAMPLES - 1, at = (n - 1) * e * e / (steps * steps);
        if (at == last)
            continue;
        last = at;
        examples->rows[examples->items] = order[at].rows;
        examples->title[examples->items] = td_str_copy(td_known_names_title(known, order[at].item));
        examples->item[examples->items++] =
            td_str_copy(td_known_names_of_item(known, order[at].item));
    }
    td_free(order);
    td_free(counts);
    return TD_OK;
}

td_status td_examples_choose(td_comm *comm, const td_trained_model *trained, td_split split,
                             td_examples *examples)
{
    (void)comm;
    td_known_names *known;
    TD_TRY(td_known_names_read(trained->data, &known));
    td_status status = choose_users(trained->data, known, split, examples);
    if (status == TD_OK)
        status = choose_items(trained->data, known, examples);
    td_known_names_free(known);
    return status;
}

void td_examples_list(td_comm *comm, const td_report_options *options, const char *run,
                      int64_t step, td_examples *examples)
{
    char checkpoint[32];
    const char *names[TD_EXAMPLES];
    snprintf(checkpoint, sizeof checkpoint, "%" PRId64, step);
    const td_trained_options model = {.run = run,
                                      .data = options->data,
                                      .checkpoint = checkpoint,
                                      .threads = options->threads,
                                      .isa = options->isa};
    const td_recommend_options asked = {
        .model = model, .k = TD_EXAMPLES, .at = TD_TIME_LATEST, .exclude_seen = ""};
    const td_neighbors_options near = {.model = model,
                                       .k = TD_EXAMPLE_NEIGHBORS,
                                       .at = TD_TIME_LATEST,
                                       .was_told = examples->users > 0};
    const td_asked_users users = {.count = examples->users, .names = names};
    for (size_t u = 0; u < examples->users; u++)
        names[u] = examples->user[u].name;
    td_status status = TD_OK;
    if (examples->users > 0)
        status = td_recommend(comm, &asked, &users, &examples->recommended);
    if (status == TD_OK && examples->items > 0)
        status = td_neighbors_of_each(comm, &near, examples->items,
                                      (const char *const *)examples->item, &examples->near);
    if (td_comm_agree(comm, status) != TD_OK)
        examples->problem = td_copy_text(td_message());
}

static void free_items(td_example_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        td_free(items->title[i]);
    td_free(items->title);
    td_free(items->item);
}

void td_examples_free(td_examples *examples)
{
    for (size_t u = 0; u < examples->users; u++) {
        td_free(examples->user[u].name);
        free_items(&examples->user[u].had);
        free_items(&examples->user[u].took);
    }
    for (size_t i = 0; i < examples->items; i++) {
        td_free(examples->item[i]);
        td_free(examples->title[i]);
    }
    td_ranked_lists_free(&examples->recommended);
    td_ranked_lists_free(&examples->near);
    td_free(examples->problem);
    *examples = (td_examples){.users = 0};
}
