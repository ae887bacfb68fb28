/* Users of a trained model, and such as are told of, embedded as queries. */
#ifndef TD_SERVE_USER_EMBEDDINGS_H
#define TD_SERVE_USER_EMBEDDINGS_H

#include "run/trained_model.h"

/* The field of a frame of what is told of users that has their histories: lists of items' ids, the
 * oldest first. */
#define TD_GIVEN_HISTORY ".history"

/* Users who ask; plain data. */
typedef struct {
    size_t count;
    const int32_t *ids;    /* (count): 0 is the unknown one */
    int64_t time;          /* in seconds, where no other is told */
    const td_frame *given; /* what is told of them (count), in the place of what the data have; no
                              field: nothing */
} td_user_queries;

/* Collective, the same queries on every rank. Sets *u to their embeddings (count, width) on every
 * rank, and *context, unless NULL, to what the model reads of the rows that they would be; the
 * caller frees them with td_free and td_frame_free; and is_known (count), unless NULL, to whether
 * the query tower has anything of each (known_features.h). A rule of a history takes all that is
 * told, or the last so many, whatever its conditions and times are. */
td_status td_embed_users(td_comm *comm, const td_trained_model *trained,
                         const td_user_queries *queries, float **u, td_frame *context,
                         bool *is_known);

#endif
