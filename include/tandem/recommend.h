/* What a trained model, or a baseline beside it, recommends: the items of the highest scores for
 * users. */
#ifndef TANDEM_RECOMMEND_H
#define TANDEM_RECOMMEND_H

#include "tandem/comm.h"
#include "tandem/output.h"
#include "tandem/ranked_items.h"
#include "tandem/status.h"
#include "tandem/trained_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Items without rows that train retrieval, in lists. */
typedef enum {
    TD_COLD_KNOWN, /* those of which the model knows anything: a field that it reads */
    TD_COLD_NONE,
    TD_COLD_ALL
} td_cold_items;

/* Text is not copied; it must last as long as the call that takes the options. Items are named in
 * files as the data name them, or by their titles; what the model does not know is left out and
 * said, and a file of nothing else is TD_ERR_INPUT. */
typedef struct {
    td_trained_options model;
    const char *system; /* what scores: "model" (NULL), or a baseline of docs/metrics.md that ranks
                           items, by the run's data alone; "rp3beta", say */
    const char *const
        *set;   /* "key=value" over the run's baseline.* keys; ends with NULL, or NULL */
    int64_t k;  /* items of a list; all there are if that is less */
    int64_t at; /* the time of the query, in seconds since 1970, or TD_TIME_LATEST */
    td_unknown unknown;
    td_cold_items cold;
    const char *candidates;   /* a file of the items that may be listed, one a line; NULL: all */
    const char *exclude;      /* a file of what is left out: a line is an item, for everybody, or a
                                 user and an item with a tab between; NULL: nothing */
    const char *exclude_seen; /* what else is left out: NULL: nothing; "": the items of the user's
                                 training rows, also "train", and of the history that is told; or a
                                 condition: of those that satisfy it (docs/formats.md) */
} td_recommend_options;

/* For whom: all users that the model knows, in the order of the data file; or, in this order, those
 * of these names, those who are described, and those of a file. Who is described by fields of users
 * and rows is a user that the model does not know, with the values that are given; fields that are
 * not are missing, and so is a history. A name in a file that the model knows is that user, with
 * the values that are given in the place of the data's; one whom the data have without training
 * rows has the fields that they have. Fields that the data lack are TD_ERR_INPUT; so are values of
 * who is described, and a name of names of whom nothing is told, unless unknown is
 * TD_UNKNOWN_ALLOW. In a file such values are missing, unless it is TD_UNKNOWN_REFUSE. */
typedef struct {
    bool all;
    size_t count;
    const char *const *names; /* (count) */
    size_t described;
    const char *const *features; /* (described): "age=30,occupation=artist" */
    const char *history;         /* items that the one who is described had, who need not be
                                    described further: their names with commas between, or a file
                                    of them, one a line, the oldest first; NULL: none */
    const char *file;            /* a table, a user a line (docs/formats.md); NULL: none */
} td_asked_users;

/* Collective. Lists the k best items for each user, in their order, on every rank, the same on any
 * number of them: by falling score, ties by a hash of the item's number. Of
 * whom nothing is known that the model, or the system, reads is listed the most popular, with a
 * note. Further: TD_ERR_CONFIG for a bad condition or setting, or a system that the data are too
 * large for, the failures of opening a run (TD_ERR_FILE, TD_ERR_FORMAT,
 * TD_ERR_MISMATCH, TD_ERR_USAGE). The caller frees lists with td_ranked_lists_free. */
td_status td_recommend(td_comm *comm, const td_recommend_options *options,
                       const td_asked_users *users, td_ranked_lists *lists);

/* Collective. Writes such lists block by block, so that they need not fit in memory, as
 * td_ranked_items_write does, or, if the path ends with ".h5", as HDF5 (docs/formats.md). *count is
 * set to the number of users. */
td_status td_recommend_write(td_comm *comm, const td_recommend_options *options,
                             const td_asked_users *users, const td_output *output, int64_t *count);

#ifdef __cplusplus
}
#endif

#endif
