/* Users of a trained model, embedded as queries. */
#ifndef TD_SERVE_USER_EMBEDDINGS_H
#define TD_SERVE_USER_EMBEDDINGS_H

#include "run/trained_model.h"

/* Collective. Sets *u to the embeddings (users, width) of the users of ids [user, user + users),
 * all at one time, in seconds; 0 is the unknown one. The same on every rank; the caller frees them
 * with td_free. */
td_status td_embed_users(td_comm *comm, const td_trained_model *trained, int32_t user, size_t users,
                         int64_t time, float **u);

#endif
