/* What a trained model recommends: the items of the highest scores for a user. */
#ifndef TANDEM_RECOMMEND_H
#define TANDEM_RECOMMEND_H

#include "tandem/comm.h"
#include "tandem/ranked_items.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    td_trained_options model;
    int64_t k;         /* items of a list; all there are if that is less */
    int64_t at;        /* the time of the query, in seconds since 1970, or TD_TIME_LATEST */
    bool exclude_seen; /* leave out the items of the user's training rows */
    td_unknown unknown;
} td_recommend_options;

/* Collective. Lists the k best items for the user of this name, on every rank, the same on any
 * number of them: by falling score, ties by item (in byte order of their names). An unknown user
 * is TD_ERR_INPUT, or a note in the list. Further: the failures of opening a run (TD_ERR_FILE,
 * TD_ERR_FORMAT, TD_ERR_MISMATCH, TD_ERR_USAGE). The caller frees list with
 * td_ranked_items_free. */
td_status td_recommend(td_comm *comm, const td_recommend_options *options, const char *user,
                       td_ranked_items *list);

/* Collective. Writes the lists of all users that the model knows, in the order of the data file,
 * to a new file, whole or not at all: HDF5 if its name ends with ".h5", else text with tabs
 * (docs/formats.md). *users is set to their number. */
td_status td_recommend_all(td_comm *comm, const td_recommend_options *options, const char *path,
                           int64_t *users);

#endif
