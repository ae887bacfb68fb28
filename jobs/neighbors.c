/* tandem neighbors: the items that are near to one, as a table. */
#include "tandem/neighbors.h"

#include "command.h"
#include "ranked_items.h"

typedef struct {
    td_neighbors_options options;
    const char *item;
} request;

static const option options[] = {MODEL_OPTIONS(options.model),
                                 NEEDED(item, "item", "TITLE", "whose neighbors to list"),
                                 LENGTH_OPTION(options.k),
                                 {0}};

static td_status neighbors(td_comm *comm, void *context)
{
    const request *a = context;
    td_ranked_items list;
    TD_TRY(td_neighbors(comm, &a->options, a->item, &list));
    if (td_comm_rank(comm) == 0)
        print_ranked_items(&list, "cosine");
    td_ranked_items_free(&list);
    return TD_OK;
}

const command neighbors_command = {
    .name = "neighbors",
    .does = "list the items nearest to one",
    .table = {NULL,
              "Lists the items nearest to one, by the cosine of the embeddings that the candidate "
              "tower gives them.",
              options},
    .size = sizeof(request),
    .run = neighbors};
