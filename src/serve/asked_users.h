/* Whom lists are for, as the model has them. */
#ifndef TD_SERVE_ASKED_USERS_H
#define TD_SERVE_ASKED_USERS_H

#include "base/range.h"
#include "serve/given.h"
#include "serve/known_names.h"
#include "tandem/recommend.h"

#include <stdint.h>

/* Begins as {0}; td_asked_free frees what it holds. */
typedef struct {
    int64_t count;
    td_str *name;   /* (count) of the options or the data */
    int32_t *id;    /* (count) 0: without training rows */
    char **note;    /* (count) of names that have no id, of whom nothing else is told; NULL */
    td_given given; /* of all of them, in this order; of nobody where all users are asked for */
} td_asked;

/* Collective. Finds those whom users says. Of a user whom the data have without training rows, the
 * fields that a table of users told prepare are told. TD_ERR_INPUT for a name that the data lack
 * and of whom nothing is told, if unknown says so. */
td_status td_asked_find(td_comm *comm, td_dataset *data, const td_asked_users *users,
                        const td_known_names *known, td_unknown unknown, td_asked *asked);
void td_asked_free(td_asked *asked);

/* Local. Returns which of *items are the history that is told of a user. */
td_range td_asked_history(const td_asked *asked, int64_t user, const int32_t **items);

/* Local. Returns the fields that are told of some of them, none where nothing is told. Free it with
 * td_frame_free. */
td_frame td_asked_given(const td_asked *asked, td_range users);

#endif
