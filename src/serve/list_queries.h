/* What lists are asked for with: users who follow one another, as queries of the system that lists.
 */
#ifndef TD_SERVE_LIST_QUERIES_H
#define TD_SERVE_LIST_QUERIES_H

#include "serve/left_out.h"
#include "serve/recommender.h"

typedef struct {
    td_range users;
    bool *is_known; /* (users) whether what lists has anything of them */
    td_left_out left_out;
    td_scorer scorer;
    /* Of the model: */
    float *u;         /* (users, width) */
    td_frame context; /* (users) what it reads of the rows they would be */
} td_list_queries;

/* Collective, the same users on every rank. Free them with td_list_queries_free, also after a
 * failure. */
td_status td_list_queries_make(const td_recommender *recommender, td_range users,
                               td_list_queries *queries);
void td_list_queries_free(td_list_queries *queries);

#endif
