/* The items that a trained model holds for similar. */
#ifndef TANDEM_NEIGHBORS_H
#define TANDEM_NEIGHBORS_H

#include "tandem/comm.h"
#include "tandem/ranked_items.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    td_trained_options model;
    int64_t k;    /* items of the list; all others if they are fewer */
    int64_t at;   /* when they are to be alive, in seconds since 1970, or TD_TIME_LATEST */
    int was_told; /* which items are left out was said already: it is not said again */
} td_neighbors_options;

/* Collective. Lists the k items nearest to the one of this name, itself left out, by the cosine of
 * their candidate embeddings (the scores; 0 for an embedding of zeros), on every rank, the same on
 * any number of them; ties by item. TD_ERR_INPUT for an unknown item: the message names the nearest
 * titles. Further: the failures of opening a run. The caller frees list with
 * td_ranked_items_free. */
td_status td_neighbors(td_comm *comm, const td_neighbors_options *options, const char *item,
                       td_ranked_items *list);

/* Collective. The same of several items, which open the run and embed all others once; count > 0.
 * One that cannot be answered fails them all. The caller frees lists with td_ranked_lists_free. */
td_status td_neighbors_of_each(td_comm *comm, const td_neighbors_options *options, size_t count,
                               const char *const *items, td_ranked_lists *lists);

#ifdef __cplusplus
}
#endif

#endif
