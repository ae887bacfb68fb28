/* Embeddings of users or items that the data need not have, by a trained model's towers. */
#ifndef TANDEM_EMBED_H
#define TANDEM_EMBED_H

#include "tandem/comm.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Text is not copied; it must last as long as the call that takes the options. */
typedef struct {
    td_trained_options model;
    bool items; /* the table is of items; else of users, and of fields of rows if it has any */
    const char *table;  /* a user or item a line */
    const char *schema; /* the schema that says how to read it, as it does of users or items
                           (docs/formats.md); NULL: its first line names its columns, fields of the
                           data and that of the users' or items' names */
    int64_t at;         /* the time of queries, or TD_TIME_LATEST */
} td_embed_options;

/* Collective. Writes the embeddings (count, width) of the table's users or items, in its order, to
 * path, as .npy, and their names, one a line, to the path with .txt in the place of .npy, each
 * whole or not at all, the same bytes on any number of ranks. One that the model does not know has
 * the unknown row of the table of ids; what the table does not tell of one that it knows is as in
 * the data. Values that the data lack are missing, and said. *count is set to how many there are.
 * TD_ERR_INPUT for a bad table, TD_ERR_CONFIG for a bad schema, TD_ERR_USAGE for another ending
 * than .npy, TD_ERR_FILE, the failures of opening a run. */
td_status td_embed(td_comm *comm, const td_embed_options *options, const char *path,
                   int64_t *count);

#ifdef __cplusplus
}
#endif

#endif
