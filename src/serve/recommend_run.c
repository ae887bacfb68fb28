/* Recommendations of a run: one user's list. */
#include "base/memory.h"
#include "serve/listing.h"
#include "serve/recommender.h"
#include "tandem/recommend.h"

#include <string.h>

static td_status recommend(td_recommender *r, const char *user, td_ranked_items *list)
{
    td_user_lists lists = {.count = 0};
    td_found found = td_known_names_user(r->known, (td_str){user, strlen(user)});
    td_status status = td_found_check(&found, r->options->unknown);
    if (status == TD_OK)
        status = td_recommender_list(r, found.id, 1, true, &lists);
    if (status == TD_OK) {
        *list = td_listing_make(r->known, r->k, lists.listed, lists.ratings);
        list->note = found.note;
    } else {
        td_free(found.note);
    }
    td_user_lists_free(&lists);
    return status;
}

td_status td_recommend(td_comm *comm, const td_recommend_options *options, const char *user,
                       td_ranked_items *list)
{
    td_recommender recommender;
    *list = (td_ranked_items){.count = 0};
    td_status status = td_recommender_open(comm, options, &recommender);
    if (status == TD_OK)
        status = recommend(&recommender, user, list);
    td_recommender_close(&recommender);
    return status;
}
