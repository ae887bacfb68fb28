/* Queries of a block of users, their lists, the ratings of what is listed; lists in memory. */
#include "serve/recommender.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/predictions.h"
#include "run/trained_retrieval.h"
#include "serve/list_queries.h"
#include "serve/listing.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sets the users' own times, where any told one and lists depend on it. */
static void find_times(td_recommender *r)
{
    const td_schema_field *time = td_schema_with_role(r->trained.model_data.schema, TD_ROLE_TIME);
    const int64_t *told = time ? td_frame_values(&r->asked.given.frame, time->name) : NULL;
    if (!told || td_missing_count(TD_INT64, r->asked.count, told) == r->asked.count)
        return;
    r->times = TD_NEW(int64_t, (size_t)r->asked.count);
    for (int64_t i = 0; i < r->asked.count; i++)
        r->times[i] = td_missing_is(TD_INT64, &told[i]) ? r->time : told[i];
}

/* C: leaves out items that nobody asks for at a time when they are alive. */
static td_status keep_alive(td_recommender *r)
{
    TD_TRY(td_trained_model_alive(&r->trained, r->options->at, &r->alive));
    if (!td_alive_is_told(&r->alive))
        return TD_OK;
    find_times(r);
    return td_item_choice_keep_alive(&r->alive, r->times ? r->asked.count : 1,
                                     r->times ? r->times : &r->time,
                                     td_dataset_info(r->trained.data)->items, r->weight);
}

bool td_recommender_is_by_model(const td_recommender *recommender)
{
    return recommender->fitted.system == &td_all_systems[0];
}

bool td_recommender_rates(const td_recommender *recommender)
{
    return td_recommender_is_by_model(recommender) &&
           td_model_head(recommender->trained.model, TD_TASK_RATING) != NULL;
}

/* C */
static td_status fit(td_recommender *r, const td_system *system, td_fitted *fitted)
{
    return td_system_fit(system, r->comm, r->trained.model, r->trained.data, &r->trained.config,
                         r->weight, fitted);
}

/* Of what a system other than the model has no training row, it knows nothing, unless it reads
 * fields. */
static td_cold_items cold_of(const td_recommender *r, const td_system *system)
{
    const bool is_model = system == &td_all_systems[0];
    if (is_model || r->options->cold != TD_COLD_KNOWN)
        return r->options->cold;
    return system->scores_new_items ? TD_COLD_ALL : TD_COLD_NONE;
}

/* C: the items that lists may have, and what lists them. */
static td_status fit_system(td_recommender *r, const td_system *system)
{
    const int64_t items = td_dataset_info(r->trained.data)->items;
    int64_t count = 0;
    TD_TRY(td_candidates_count(r->trained.data, TD_CANDIDATES_UNIQUE, &r->weight));
    TD_TRY(td_item_choice_read(r->comm, r->options, r->known, items, r->weight, &r->exclusions));
    TD_TRY(keep_alive(r));
    TD_TRY(td_item_choice_keep_known(&r->trained, cold_of(r, system), false, r->weight));
    TD_TRY(fit(r, system, &r->fitted));
    for (int64_t i = 0; i <= items; i++)
        count += r->weight[i] > 0;
    r->k = (size_t)td_smaller(r->options->k, count);
    return TD_OK;
}

/* The model, or the one that the options name. */
static td_status find_system(const char *name, const td_system **system)
{
    char ranking[256] = "";
    *system = td_system_find(name ? name : td_all_systems[0].name);
    if (*system && (*system)->score)
        return TD_OK;
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        if (td_all_systems[s].score)
            snprintf(ranking + strlen(ranking), sizeof ranking - strlen(ranking), "%s%s",
                     s > 0 ? ", " : "", td_all_systems[s].name);
    return td_fail(TD_ERR_USAGE, "--system %s: expected what ranks items: %s", name, ranking);
}

/* C */
static td_status warn_untrained(const td_recommender *r)
{
    td_run_origin origin;
    TD_TRY(td_run_read_origin(r->comm, r->options->model.run, &origin));
    if (!td_run_has_trained_retrieval(r->comm, &r->trained.config, &origin))
        td_warn("retrieval.weight is 0: nothing was trained to rank items, so that lists mean "
                "little; tandem predict tells what was trained");
    return TD_OK;
}

td_status td_recommender_open(td_comm *comm, const td_recommend_options *options,
                              const td_asked_users *users, td_recommender *recommender)
{
    td_recommender *r = recommender;
    const td_system *system;
    *r = (td_recommender){.comm = comm, .options = options};
    TD_TRY(find_system(options->system, &system));
    TD_TRY(td_trained_model_open(comm, &options->model, &r->trained));
    TD_TRY(td_trained_model_set(options->set, &r->trained));
    TD_TRY(td_known_names_read(r->trained.data, &r->known));
    TD_TRY(td_asked_find(comm, r->trained.data, users, r->known, options->unknown, &r->asked));
    TD_TRY(td_left_out_check(r->trained.data, options->exclude_seen));
    r->time = td_trained_model_time(&r->trained, options->at);
    if (system == &td_all_systems[0])
        TD_TRY(warn_untrained(r));
    return fit_system(r, system);
}

void td_recommender_close(td_recommender *recommender)
{
    td_system_free(&recommender->fitted);
    td_system_free(&recommender->popular);
    td_free(recommender->weight);
    td_free(recommender->times);
    td_alive_free(&recommender->alive);
    td_exclusions_free(&recommender->exclusions);
    td_asked_free(&recommender->asked);
    td_known_names_free(recommender->known);
    td_trained_model_close(&recommender->trained);
}

/* Somebody whose list is rated. */
typedef struct {
    int32_t id;
    const float *u;
    const td_frame *context; /* of all who are asked for, */
    int32_t moment;          /* and this one's place in it */
} rater;

/* Predicts the ratings of one user's list; NaN in places without an item. */
static void rate_list(const td_recommender *r, const rater *user, const td_listed *listed,
                      float *ratings)
{
    const td_model *model = r->trained.model;
    const td_model_task *rating = td_model_head(model, TD_TASK_RATING);
    const size_t width = model->query.width, k = r->k;
    int32_t *item = TD_NEW(int32_t, k), *same_user = TD_NEW(int32_t, k);
    int32_t *same_moment = TD_NEW(int32_t, k);
    td_field_view *views = TD_NEW(td_field_view, rating->head.reads.count);
    float *v = TD_NEW(float, k *width), *same_u = TD_NEW(float, k *width);
    for (size_t i = 0; i < k; i++) {
        item[i] = listed[i].item;
        same_user[i] = user->id;
        same_moment[i] = user->moment;
        memcpy(same_u + i * width, user->u, width * sizeof *same_u);
    }
    td_embed_items(r->comm, model, k, item, false, v);
    const td_queries asked = {.count = k, .context = user->context, .moments = same_moment};
    const td_inputs inputs = td_head_inputs(&rating->head, &asked, views);
    const td_head_rows rows = {k, same_u, v, NULL, same_user, item, inputs};
    td_predict_rows(model, rating, &rows, NULL, ratings);
    for (size_t i = 0; i < k; i++)
        if (item[i] == 0)
            ratings[i] = NAN;
    td_free(item);
    td_free(same_user);
    td_free(same_moment);
    td_free(views);
    td_free(v);
    td_free(same_u);
}

/* C: lists the most popular for n queries, at these places of the lists that this rank has. */
static td_status list_popular(td_recommender *r, const td_top_request *request,
                              const int64_t *place, td_user_lists *lists)
{
    const td_system *popularity = td_system_find("popularity");
    const size_t n = request->queries, k = request->k;
    if (!r->popular.system)
        TD_TRY(fit(r, popularity, &r->popular));
    td_listed *listed = TD_NEW(td_listed, n * k);
    td_scorer scorer = popularity->score(&r->popular, &(td_queries){.count = n}, NULL);
    td_top_items(r->comm, &scorer, request, 0, n, listed);
    for (size_t i = 0; i < n; i++)
        if (place[i] >= 0 && place[i] < (int64_t)lists->count) {
            memcpy(lists->listed + (size_t)place[i] * k, listed + i * k, k * sizeof *listed);
            lists->system[place[i]] = (uint8_t)(popularity - td_all_systems);
        }
    td_scorer_free(&scorer);
    td_free(listed);
    r->by_popular += (int64_t)n;
    return TD_OK;
}

/* C: lists of those of whom what lists has nothing, in the place of its own. */
static td_status list_unknown(td_recommender *r, const td_list_queries *q, td_user_lists *lists)
{
    const size_t count = (size_t)q->users.count;
    int64_t *place = TD_NEW(int64_t, count);
    td_range *ranges = TD_NEW(td_range, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!q->is_known[i]) {
            place[n] = (int64_t)i - (int64_t)lists->first;
            ranges[n++] = q->left_out.ranges ? q->left_out.ranges[i] : (td_range){0, 0};
        }
    const td_top_request request = {
        .queries = n, .k = r->k, .seen_of_query = ranges, .seen = q->left_out.items};
    const td_status status = n > 0 ? list_popular(r, &request, place, lists) : TD_OK;
    td_free(place);
    td_free(ranges);
    return status;
}

static void rate_lists(const td_recommender *r, const td_list_queries *q, td_user_lists *lists)
{
    lists->ratings = TD_NEW(float, lists->count * r->k);
    for (size_t i = 0; i < lists->count; i++) {
        const size_t place = lists->first + i;
        const rater user = {r->asked.id[(size_t)q->users.first + place],
                            q->u + place * r->trained.model->query.width, &q->context,
                            (int32_t)place};
        rate_list(r, &user, lists->listed + i * r->k, lists->ratings + i * r->k);
    }
}

td_status td_recommender_list(td_recommender *recommender, td_range users, bool everywhere,
                              td_user_lists *lists)
{
    td_recommender *r = recommender;
    int64_t first = 0, count = users.count;
    td_list_queries q;
    if (!everywhere)
        td_comm_share(r->comm, users.count, &first, &count);
    *lists = (td_user_lists){.first = (size_t)first, .count = (size_t)count};
    td_status status = td_list_queries_make(r, users, &q);
    if (status == TD_OK) {
        const td_top_request request = {.queries = (size_t)users.count,
                                        .k = r->k,
                                        .seen_of_query = q.left_out.ranges,
                                        .seen = q.left_out.items};
        lists->listed = TD_NEW(td_listed, lists->count * r->k);
        lists->system = TD_NEW(uint8_t, lists->count);
        memset(lists->system, (int)(r->fitted.system - td_all_systems), lists->count);
        td_top_items(r->comm, &q.scorer, &request, lists->first, lists->count, lists->listed);
        status = list_unknown(r, &q, lists);
    }
    if (status == TD_OK && td_recommender_rates(r))
        rate_lists(r, &q, lists);
    td_list_queries_free(&q);
    return status;
}

void td_user_lists_free(td_user_lists *lists)
{
    td_free(lists->listed);
    td_free(lists->ratings);
    td_free(lists->system);
}

/* What a reader should know of a list, NULL for nothing. */
static char *note_of(const td_recommender *r, const char *of_name, bool is_substitute)
{
    const char *nothing = td_recommender_is_by_model(r)
                              ? "nothing is known of this user that the model reads"
                              : "this user has no training rows, and no history is told";
    if (is_substitute)
        return td_print_text("%s%s%s: these are the most popular items, the score is their "
                             "training rows",
                             of_name ? of_name : "", of_name ? "; " : "", nothing);
    return of_name ? td_print_text("%s; listed by what else is known", of_name) : NULL;
}

td_ranked_items td_recommender_listing(const td_recommender *recommender, int64_t user,
                                       const td_listed *listed, const float *ratings, int system)
{
    const td_asked *asked = &recommender->asked;
    td_ranked_items list =
        td_listing_make(recommender->known, asked->name[user], recommender->k, listed, ratings);
    list.system = td_all_systems[system].name;
    list.note =
        note_of(recommender, asked->note[user], list.system != recommender->fitted.system->name);
    return list;
}

void td_recommender_say(const td_recommender *recommender)
{
    if (recommender->by_popular > 0)
        td_log("%" PRId64 " of %" PRId64
               " users: %s, so they are listed the most popular items, by training rows",
               recommender->by_popular, recommender->asked.count,
               td_recommender_is_by_model(recommender)
                   ? "nothing is known of them that the model reads"
                   : "they have no training rows, and no history is told");
}

/* C */
static td_status recommend(td_recommender *r, td_ranked_lists *lists)
{
    td_user_lists found = {.count = 0};
    const td_status status = td_recommender_list(r, (td_range){0, r->asked.count}, true, &found);
    if (status == TD_OK) {
        *lists = (td_ranked_lists){found.count, TD_NEW(td_ranked_items, found.count)};
        for (size_t i = 0; i < found.count; i++)
            lists->lists[i] = td_recommender_listing(
                r, (int64_t)i, found.listed + i * r->k,
                found.ratings ? found.ratings + i * r->k : NULL, found.system[i]);
        td_recommender_say(r);
    }
    td_user_lists_free(&found);
    return status;
}

td_status td_recommend(td_comm *comm, const td_recommend_options *options,
                       const td_asked_users *users, td_ranked_lists *lists)
{
    TD_MEMORY_FOR("lists of items", NULL);
    td_recommender recommender;
    *lists = (td_ranked_lists){.count = 0};
    td_status status = td_recommender_open(comm, options, users, &recommender);
    if (status == TD_OK)
        status = recommend(&recommender, lists);
    td_recommender_close(&recommender);
    return status;
}
