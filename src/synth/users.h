/* The users of generated data: each one's rows, a function of the options and the user alone.
 *
 * All functions are Local.
 */
#ifndef TD_SYNTH_USERS_H
#define TD_SYNTH_USERS_H

#include "synth/items.h"
#include "tandem/synth.h"

#include <stdbool.h>
#include <stdint.h>

/* The time that the data span: users come within two years from 1996 on. */
#define TD_SYNTH_TIME_FIRST INT64_C(820454400)
#define TD_SYNTH_TIME_SPAN  INT64_C(63072000)

typedef struct {
    int32_t item;      /* id */
    int32_t rating;    /* 1 to 5 */
    int64_t timestamp; /* seconds since 1970, ascending */
} td_synth_row;

typedef struct {
    td_synth_options options;
    const td_synth_items *items; /* not owned */
    int32_t *taken_by;           /* (items) by place: the last user, from 1, who rated it */
    int32_t *next;               /* (items) of a place that this user took: a later one, with none
                                    free between them */
    td_synth_row *rows;          /* (items) the current user's */
} td_synth_users;

/* Returns what makes the users' rows; items must outlive it. The caller frees it with
 * td_synth_users_free. */
td_synth_users td_synth_users_create(const td_synth_options *options, const td_synth_items *items);
void td_synth_users_free(td_synth_users *users);

/* Returns how many rows user, 0 .. users - 1, has: 1 or more; over all users the sum is exactly
 * options.ratings. */
int64_t td_synth_users_activity(const td_synth_options *options, int64_t user);

/* Makes the rows of user in users->rows, in order of time, and returns how many. */
int64_t td_synth_users_make(td_synth_users *users, int64_t user);

#endif
