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
} neighborhood;

static td_status open_run(td_comm *comm, const td_neighbors_options *options, neighborhood *n)
{
    *n = (neighborhood){.comm = comm};
    TD_TRY(td_trained_model_open(comm, &options->model, &n->trained));
    const int64_t others = td_dataset_info(n->trained.data)->items - 1;
    n->k = (size_t)(options->k < others ? options->k : others);
    TD_TRY(td_known_names_read(n->trained.data, &n->known));
    TD_TRY(td_trained_model_alive(&n->trained, options->at, &n->alive));
    n->time = td_trained_model_time(&n->trained, options->at);
    return TD_OK;
}

/* Candidate embeddings (n, width), scaled to length 1. */
static void embed_directions(const void *context, size_t n, const int32_t *items, float *v)
{
    const neighborhood *asked = context;
    const size_t width = asked->trained.model->candidate.width;
    float *plain = TD_NEW(float, n *width);
    td_embed_items(asked->comm, asked->trained.model, n, items, false, plain);
    td_l2_forward(n, width, plain, v);
    td_free(plain);
}

/* C: the items that may be near, 1 each (items + 1): those that are known and alive. */
static td_status choose_candidates(const neighborhood *n, int32_t item, int32_t *weight)
{
    TD_TRY(td_item_choice_keep_known(&n->trained, TD_COLD_KNOWN, weight));
    if (weight[item] == 0)
        return td_fail(TD_ERR_INPUT,
                       "'%.*s' has no training row, nor any field that the model reads: nothing is "
                       "near to it",
                       (int)td_known_names_of_item(n->known, item).length,
                       td_known_names_of_item(n->known, item).text);
    if (!td_alive_is_told(&n->alive))
        return TD_OK;
    return td_item_choice_keep_alive(&n->alive, 1, &n->time,
                                     td_dataset_info(n->trained.data)->items, weight);
}

/* C */
static td_status list_near(const neighborhood *n, int32_t item, td_listed *listed)
{
    const td_model *model = n->trained.model;
    const size_t width = model->candidate.width;
    const td_range itself = {0, 1};
    td_candidates candidates;
    int32_t *weight;
    TD_TRY(td_candidates_count(n->trained.data, TD_CANDIDATES_UNIQUE, &weight));
    const td_status status = choose_candidates(n, item, weight);
    if (status == TD_OK) {
        td_candidates_create(&candidates, n->comm, model->spec->items, weight, width,
                             embed_directions, n);
        float *u = TD_NEW(float, width);
        embed_directions(n, 1, &item, u);
        const td_scorer scorer = td_product_scorer(&candidates, &model->kernels, u);
        const td_top_request request = {
            .queries = 1, .k = n->k, .seen_of_query = &itself, .seen = &item};
        td_top_items(n->comm, &scorer, &request, 0, 1, listed);
        td_candidates_free(&candidates);
        td_free(u);
    }
    td_free(weight);
    return status;
}

static td_status list_neighbors(const neighborhood *n, const char *name, td_ranked_items *list)
{
    td_found found = td_known_names_item(n->known, (td_str){name, strlen(name)}, true);
    td_status status = td_found_check(&found, true, TD_UNKNOWN_REFUSE);
    td_free(found.note);
    TD_TRY(status);
    td_listed *listed = TD_NEW(td_listed, n->k);
    status = list_near(n, found.id, listed);
    if (status == TD_OK)
        *list = td_listing_make(n->known, td_known_names_of_item(n->known, found.id), n->k, listed,
                                NULL);
    td_free(listed);
    return status;
}

td_status td_neighbors(td_comm *comm, const td_neighbors_options *options, const char *item,
                       td_ranked_items *list)
{
    neighborhood n;
    *list = (td_ranked_items){.count = 0};
    td_status status = open_run(comm, options, &n);
    if (status == TD_OK)
        status = list_neighbors(&n, item, list);
    td_known_names_free(n.known);
    td_alive_free(&n.alive);
    td_trained_model_close(&n.trained);
    return status;
}
