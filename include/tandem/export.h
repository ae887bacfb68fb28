/* A trained model as plain arrays, for serving without this library. */
#ifndef TANDEM_EXPORT_H
#define TANDEM_EXPORT_H

#include "tandem/comm.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    td_trained_options model;
    int64_t at; /* the time of the query embeddings, or TD_TIME_LATEST */
} td_export_options;

/* Collective. Writes a folder (docs/serving.md, docs/formats.md): embeddings of all users and
 * items, all parameters, as .npy files, and the vocabularies as text, the same bytes on any number
 * of ranks. It appears whole or not at all, in the place of an older export if there is one;
 * TD_ERR_FILE for anything else at path. Further: the failures of opening a run. */
td_status td_export(td_comm *comm, const td_export_options *options, const char *path);

#ifdef __cplusplus
}
#endif

#endif
