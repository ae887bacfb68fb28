/* A trained model, or a system beside it, made ready to list items: fitted, what users have seen at
 * hand.
 *
 * Internal to recommend and its relatives. Functions are Collective.
 */
#ifndef TD_SERVE_RECOMMENDER_H
#define TD_SERVE_RECOMMENDER_H

#include "base/range.h"
#include "eval/systems.h"
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
    td_asked asked;    /* for whom */
    td_alive alive;    /* of items, where that is told and there is a time to ask at */
    int64_t *times;    /* (asked.count) when users ask, where one told another time; NULL */
    int32_t *weight;   /* (items + 1): 1 for a candidate */
    td_fitted fitted;  /* what lists */
    td_fitted popular; /* what lists for those of whom it has nothing, once needed */
    td_exclusions exclusions;
    size_t k;           /* no more than there are candidates */
    int64_t time;       /* of the queries, in seconds */
    int64_t by_popular; /* users so far of whom what lists has nothing */
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
    float *ratings;    /* (count, k); NULL where none are predicted */
    uint8_t *system;   /* (count) what listed, by its place in td_all_systems: popularity where the
                          other has nothing of the user */
} td_user_lists;

/* Local. Whether the model lists; whether lists have predicted ratings: those of a model with a
 * rating head. */
bool td_recommender_is_by_model(const td_recommender *recommender);
bool td_recommender_rates(const td_recommender *recommender);

/* Lists for some of those who are asked for, each rank its share; with everywhere set, every rank
 * all of them. Free them with td_user_lists_free. */
td_status td_recommender_list(td_recommender *recommender, td_range users, bool everywhere,
                              td_user_lists *lists);
void td_user_lists_free(td_user_lists *lists);

/* Local. Returns a list as people read it, of user i of those asked for, by this system. */
td_ranked_items td_recommender_listing(const td_recommender *recommender, int64_t user,
                                       const td_listed *listed, const float *ratings, int system);

/* Local. Says how many users' lists so far are by popularity for want of anything else. */
void td_recommender_say(const td_recommender *recommender);

#endif
