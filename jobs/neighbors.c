/* tandem neighbors: the items that are near to one, as a table. */
#include "tandem/neighbors.h"

#include "command.h"
#include "ranked_items.h"

typedef struct {
    td_neighbors_options options;
    const char *item;
} request;

static const option options[] = {MODEL_OPTIONS(offsetof(request, options.model)),
                                 {.name = "item",
                                  .kind = OPTION_TEXT,
                                  .place = offsetof(request, item),
                                  .value = "TITLE",
                                  .help = "whose neighbors to list",
                                  .needed = true},
                                 LENGTH_OPTION(offsetof(request, options.k)),
                                 {0}};

static void start(void *context)
{
    ((request *)context)->options.k = 10;
}

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
    .start = start,
    .run = neighbors};
