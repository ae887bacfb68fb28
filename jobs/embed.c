/* tandem embed: the embeddings of a table's users or items as an array. */
#include "tandem/embed.h"

#include "base/log.h"
#include "command.h"

#include <inttypes.h>

typedef struct {
    td_embed_options options;
    const char *items;
    const char *users;
    const char *out;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    TEXT(items, "items", "FILE",
         "a table of items, one a line: its first line names the columns, fields of the data's "
         "items, and that of their names"),
    TEXT(users, "users", "FILE", "a table of users, with fields of users and of rows"),
    TEXT(options.schema, "schema", "FILE",
         "read the table as this schema says of items or users, as prepare did"),
    TIME(options.at, "at",
         "the time of queries: Unix seconds or ISO 8601; default: the data's latest"),
    NEEDED(out, "out", "X.npy", "where embeddings go; names go to X.txt"),
    {0}};

static td_status check(const void *context)
{
    const request *a = context;
    if (!a->items == !a->users)
        return td_fail(TD_ERR_USAGE, "expected --items or --users, found %s",
                       a->items ? "both" : "neither");
    return TD_OK;
}

static td_status embed(td_comm *comm, void *context)
{
    const request *a = context;
    td_embed_options chosen = a->options;
    int64_t count;
    chosen.items = a->items != NULL;
    chosen.table = a->items ? a->items : a->users;
    TD_TRY(td_embed(comm, &chosen, a->out, &count));
    td_log("wrote the embeddings of %" PRId64 " %s to %s", count, a->items ? "items" : "users",
           a->out);
    return TD_OK;
}

const command embed_command = {
    .name = "embed",
    .does = "embed new users or items from a table",
    .table = {NULL,
              "Writes what a trained model's towers make of users or items that the data need not "
              "have. The file is the same from any number of ranks.",
              options},
    .size = sizeof(request),
    .check = check,
    .run = embed};
