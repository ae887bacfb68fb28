/* A trained model made ready to list items: its candidates embedded, what users have seen at hand.
 *
 * Internal to recommend and its relatives. Functions are Collective.
 */
#ifndef TD_SERVE_RECOMMENDER_H
#define TD_SERVE_RECOMMENDER_H

#include "base/range.h"
#include "eval/top_items.h"
#include "run/trained_model.h"
#include "serve/asked_users.h"
#include "serve/item_choice.h"
#include "serve/known_names.h"
#include "tandem/recommend.h"

#include <stdbool.h>
#include <stdint.h>

/* Files of lists (docs/formats.md). */
#define TD_RECOMMENDATIONS_FORMAT "tandem-recommendations"

typedef struct {
    td_comm *comm;
    const td_recommend_options *options;
    td_trained_model trained;
    td_known_names *known;
    td_asked asked;  /* for whom */
    td_alive alive;  /* of items, where that is told and there is a time to ask at */
    int64_t *times;  /* (asked.count) when users ask, where one told another time; NULL */
    int32_t *weight; /* (items + 1): 1 for a candidate */
    td_candidates candidates;
    bool has_popular;
    td_candidates popular; /* the same items, embedded by how often they were had, once needed */
    td_exclusions exclusions;
    size_t k;           /* no more than there are candidates */
    int64_t time;       /* of the queries, in seconds */
    int64_t by_popular; /* users so far of whom nothing is known */
} td_recommender;

/* Opens the model for users. Close it with td_recommender_close, also after a failure. */
td_status td_recommender_open(td_comm *comm, const td_recommend_options *options,
                              const td_asked_users *users, td_recommender *recommender);
void td_recommender_close(td_recommender *recommender);

/* The lists of users who follow one another. */
typedef struct {
    size_t first; /* of this rank's own share of the users, from 0 */
    size_t count;
    td_listed *listed; /* (count, k) */
    float *ratings;    /* (count, k); NULL for a model without rating head */
    uint8_t *system;   /* (count) TD_BY_MODEL, or TD_BY_POPULARITY where the query tower has nothing
                          of the user: the score is then the item's training rows */
} td_user_lists;

enum { TD_BY_MODEL, TD_BY_POPULARITY };

/* Lists for some of those who are asked for, each rank its share; with everywhere set, every rank
 * all of them. Free them with td_user_lists_free. */
td_status td_recommender_list(td_recommender *recommender, td_range users, bool everywhere,
                              td_user_lists *lists);
void td_user_lists_free(td_user_lists *lists);

/* Local. Returns a list as people read it, of user i of those asked for. */
td_ranked_items td_recommender_listing(const td_recommender *recommender, int64_t user,
                                       const td_listed *listed, const float *ratings, int system);

/* Local. Says how many users' lists so far are not the model's. */
void td_recommender_say(const td_recommender *recommender);

#endif
