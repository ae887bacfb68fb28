/* What the lists of users may not have, besides what nobody's may. */
#ifndef TD_SERVE_LEFT_OUT_H
#define TD_SERVE_LEFT_OUT_H

#include "base/range.h"
#include "data/alive.h"
#include "data/dataset.h"
#include "serve/asked_users.h"
#include "serve/item_choice.h"

#include <stdint.h>

/* Items of each user, in any order and perhaps twice. Begins as {0}; td_left_out_free frees it. */
typedef struct {
    td_range *ranges; /* (users) of items */
    int64_t count;
    int32_t *items;
} td_left_out;

/* Collective. TD_ERR_CONFIG if seen (recommend.h: exclude_seen) is no condition on rows. */
td_status td_left_out_check(td_dataset *data, const char *seen);

/* What leaves items out; plain data. */
typedef struct {
    const char *seen; /* recommend.h: exclude_seen */
    const td_exclusions *exclusions;
    const td_alive *alive;
    const int32_t *weight; /* (items + 1): 1 for a candidate */
    int64_t items;
    const int64_t *times; /* (those who are asked for) when they ask, at which what they are listed
                             must be alive; NULL: candidates are */
} td_left_out_rules;

/* Collective, the same on every rank: finds what is left out for some of those who are asked for.
 */
td_status td_left_out_find(td_dataset *data, const td_left_out_rules *rules, const td_asked *asked,
                           td_range users, td_left_out *left_out);
void td_left_out_free(td_left_out *left_out);

#endif
