/* tandem neighbors: the items that are near to one, as a table. */
#include "tandem/neighbors.h"

#include "command.h"
#include "ranked_items.h"

typedef struct {
    td_neighbors_options options;
    const char *item;
    output_options output;
} request;

static const option options[] = {MODEL_OPTIONS(options.model),
                                 NEEDED(item, "item", "TITLE", "whose neighbors to list"),
                                 LENGTH_OPTION(options.k),
                                 TIME(options.at, "at",
                                      "list items that are alive at this time: Unix seconds or ISO "
                                      "8601; default: the data's latest"),
                                 FORMAT_OPTION(output.format),
                                 TEXT(output.path, "out", "FILE", "where records go"),
                                 {0}};

static td_status neighbors(td_comm *comm, void *context)
{
    const request *a = context;
    td_ranked_items list;
    td_output output;
    td_status status = TD_OK;
    TD_TRY(td_neighbors(comm, &a->options, a->item, &list));
    const bool records = asks_for_records(&a->output, &output);
    if (td_comm_rank(comm) == 0 && records)
        status = td_ranked_items_write(1, &list, "of", &output);
    else if (td_comm_rank(comm) == 0)
        print_ranked_items(&list, "cosine");
    td_ranked_items_free(&list);
    return td_comm_agree(comm, status);
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
