/* Neighbors in a run: recommendation with embeddings of length 1, asked by an item. */
#include "base/memory.h"
#include "eval/embedding.h"
#include "eval/top_items.h"
#include "model/l2.h"
#include "run/trained_model.h"
#include "serve/item_choice.h"
#include "serve/listing.h"
#include "tandem/neighbors.h"

#include "base/range.h"
#include <string.h>

typedef struct {
    td_comm *comm;
    size_t k;
    td_trained_model trained;
    td_known_names *known;
    td_alive alive;
    int64_t time;
    bool was_told; /* which items are left out */
} neighborhood;

static td_status open_run(td_comm *comm, const td_neighbors_options *options, neighborhood *n)
{
    *n = (neighborhood){.comm = comm, .was_told = options->was_told};
    TD_TRY(td_trained_model_open(comm, &options->model, &n->trained));
    const int64_t others = td_dataset_info(n->trained.data)->items - 1;
    n->k = (size_t)(options->k < others ? options->k : others);
    TD_TRY(td_known_names_read(n->trained.data, &n->known));
    TD_TRY(td_trained_model_alive(&n->trained, options->at, &n->alive));
    n->time = td_trained_model_time(&n->trained, options->at);
    return TD_OK;
}

/* The width of an embedding without the bias, which tells how often an item is taken, not by whom.
 */
static size_t width_of(const neighborhood *n)
{
    return n->trained.model->candidate.width - n->trained.model->candidate.biases;
}

/* Candidate embeddings (n, width) without their bias, scaled to length 1. */
static void embed_directions(const void *context, size_t n, const int32_t *items, float *v)
{
    const neighborhood *asked = context;
    const size_t stride = asked->trained.model->candidate.width, width = width_of(asked);
    float *plain = TD_NEW(float, n *stride);
    td_embed_items(asked->comm, asked->trained.model, n, items, false, plain);
    for (size_t i = 1; i < n; i++)
        memmove(plain + i * width, plain + i * stride, width * sizeof *plain);
    td_l2_forward(n, width, plain, v);
    td_free(plain);
}

/* C: the items that may be near, 1 each (items + 1): those that are known and alive. */
static td_status choose_candidates(const neighborhood *n, int32_t **weight)
{
    TD_TRY(td_candidates_count(n->trained.data, TD_CANDIDATES_UNIQUE, weight));
    return td_item_choice_keep_known(&n->trained, TD_COLD_KNOWN, n->was_told, *weight);
}

/* Whether something can be near to an item. */
static td_status check_known(const neighborhood *n, const int32_t *weight, int32_t item)
{
    const td_str name = td_known_names_of_item(n->known, item);
    if (weight[item] != 0)
        return TD_OK;
    return td_fail(TD_ERR_INPUT,
                   "'%.*s' has no training row, nor any field that the model reads: nothing is "
                   "near to it",
                   (int)name.length, name.text);
}

/* C */
static td_ranked_items list_near(const neighborhood *n, const td_candidates *candidates,
                                 int32_t item)
{
    const td_model *model = n->trained.model;
    const td_range itself = {0, 1};
    td_listed *listed = TD_NEW(td_listed, n->k);
    float *u = TD_NEW(float, width_of(n));
    embed_directions(n, 1, &item, u);
    const td_scorer scorer = td_product_scorer(candidates, &model->kernels, u);
    const td_top_request request = {
        .queries = 1, .k = n->k, .seen_of_query = &itself, .seen = &item};
    td_top_items(n->comm, &scorer, &request, 0, 1, listed);
    const td_ranked_items list =
        td_listing_make(n->known, td_known_names_of_item(n->known, item), n->k, listed, NULL);
    td_free(u);
    td_free(listed);
    return list;
}

/* C: of items that can be answered. */
static td_status list_each(const neighborhood *n, size_t count, const int32_t *items,
                           int32_t *weight, td_ranked_lists *lists)
{
    const td_model *model = n->trained.model;
    const int64_t others = td_dataset_info(n->trained.data)->items;
    td_candidates candidates;
    for (size_t i = 0; i < count; i++)
        TD_TRY(check_known(n, weight, items[i]));
    if (td_alive_is_told(&n->alive))
        TD_TRY(td_item_choice_keep_alive(&n->alive, 1, &n->time, others, weight));
    td_candidates_create(&candidates, n->comm, model->spec->items, weight, width_of(n),
                         embed_directions, n);
    for (; lists->count < count; lists->count++)
        lists->lists[lists->count] = list_near(n, &candidates, items[lists->count]);
    td_candidates_free(&candidates);
    return TD_OK;
}

/* L */
static td_status find_items(const neighborhood *n, size_t count, const char *const *names,
                            int32_t *items)
{
    for (size_t i = 0; i < count; i++) {
        td_found found = td_known_names_item(n->known, (td_str){names[i], strlen(names[i])}, true);
        const td_status status = td_found_check(&found, true, TD_UNKNOWN_REFUSE);
        items[i] = found.id;
        td_free(found.note);
        TD_TRY(status);
    }
    return TD_OK;
}

/* C */
static td_status list_neighbors(const neighborhood *n, size_t count, const char *const *names,
                                td_ranked_lists *lists)
{
    int32_t *items = TD_NEW(int32_t, count), *weight = NULL;
    lists->lists = TD_NEW(td_ranked_items, count);
    td_status status = find_items(n, count, names, items);
    if (status == TD_OK)
        status = choose_candidates(n, &weight);
    if (status == TD_OK)
        status = list_each(n, count, items, weight, lists);
    td_free(weight);
    td_free(items);
    return status;
}

td_status td_neighbors_of_each(td_comm *comm, const td_neighbors_options *options, size_t count,
                               const char *const *items, td_ranked_lists *lists)
{
    neighborhood n;
    *lists = (td_ranked_lists){.count = 0};
    td_status status = open_run(comm, options, &n);
    if (status == TD_OK)
        status = list_neighbors(&n, count, items, lists);
    if (status != TD_OK)
        td_ranked_lists_free(lists);
    td_known_names_free(n.known);
    td_alive_free(&n.alive);
    td_trained_model_close(&n.trained);
    return status;
}

td_status td_neighbors(td_comm *comm, const td_neighbors_options *options, const char *item,
                       td_ranked_items *list)
{
    TD_MEMORY_FOR("neighbors", NULL);
    td_ranked_lists lists;
    *list = (td_ranked_items){.count = 0};
    TD_TRY(td_neighbors_of_each(comm, options, 1, &item, &lists));
    *list = lists.lists[0];
    td_free(lists.lists);
    return TD_OK;
}
