/* tandem export: a trained model as a folder of arrays. */
#include "tandem/export.h"

#include "base/log.h"
#include "command.h"

typedef struct {
    td_export_options options;
    const char *out;
} request;

static const option options[] = {
    MODEL_OPTIONS(options.model),
    NEEDED(out, "out", "DIR", "the folder to write"),
    TIME(options.at, "at",
         "the time of the query embeddings: Unix seconds or ISO 8601; default: the data's "
         "latest"),
    {0}};

static td_status export_model(td_comm *comm, void *context)
{
    const request *a = context;
    TD_TRY(td_export(comm, &a->options, a->out));
    td_log("wrote %s", a->out);
    return TD_OK;
}

const command export_command = {
    .name = "export",
    .does = "write a trained model as arrays, for serving",
    .table = {NULL,
              "Writes the embeddings of all users and items, and all parameters, as .npy files, "
              "and the names of users and items as text: all that serving needs.",
              options},
    .size = sizeof(request),
    .run = export_model};
