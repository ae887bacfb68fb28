/* Queries of a block of users, their lists, the ratings of what is listed; lists in memory. */
#include "serve/recommender.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/predictions.h"
#include "serve/left_out.h"
#include "serve/listing.h"
#include "serve/user_embeddings.h"

#include <math.h>
#include <string.h>

/* C: the items that lists may have, embedded. */
static td_status embed_candidates(td_recommender *r)
{
    const int64_t items = td_dataset_info(r->trained.data)->items;
    int32_t *weight;
    int64_t count = 0;
    TD_TRY(td_candidates_count(r->trained.data, TD_CANDIDATES_UNIQUE, &weight));
    const td_status status =
        td_item_choice_read(r->comm, r->options, r->known, items, weight, &r->exclusions);
    if (status == TD_OK)
        td_candidates_embed(&r->candidates, r->comm, r->trained.model, weight);
    for (int64_t i = 0; i <= items; i++)
        count += weight[i] > 0;
    td_free(weight);
    r->k = (size_t)td_smaller(r->options->k, count);
    return status;
}

td_status td_recommender_open(td_comm *comm, const td_recommend_options *options,
                              const td_asked_users *users, td_recommender *recommender)
{
    td_recommender *r = recommender;
    *r = (td_recommender){.comm = comm, .options = options};
    TD_TRY(td_trained_model_open(comm, &options->model, &r->trained));
    TD_TRY(td_known_names_read(r->trained.data, &r->known));
    TD_TRY(td_asked_find(comm, r->trained.data, users, r->known, options->unknown, &r->asked));
    TD_TRY(td_left_out_check(r->trained.data, options->exclude_seen));
    r->time = td_trained_model_time(&r->trained, options->at);
    return embed_candidates(r);
}

void td_recommender_close(td_recommender *recommender)
{
    td_candidates_free(&recommender->candidates);
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
    const td_head_net *head = td_model_head(model);
    const size_t width = model->query.width, k = r->k;
    int32_t *item = TD_NEW(int32_t, k), *same_user = TD_NEW(int32_t, k);
    int32_t *same_moment = TD_NEW(int32_t, k);
    td_field_view *views = TD_NEW(td_field_view, head->reads.count);
    float *v = TD_NEW(float, k *width), *same_u = TD_NEW(float, k *width);
    for (size_t i = 0; i < k; i++) {
        item[i] = listed[i].item;
        same_user[i] = user->id;
        same_moment[i] = user->moment;
        memcpy(same_u + i * width, user->u, width * sizeof *same_u);
    }
    td_embed_items(r->comm, model, k, item, false, v);
    const td_queries asked = {.count = k, .context = user->context, .moments = same_moment};
    const td_inputs inputs = td_head_inputs(head, &asked, views);
    const td_head_rows rows = {k, same_u, v, NULL, same_user, item, inputs};
    td_predict_rows(model, &rows, NULL, ratings);
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

/* C: the query embeddings (users, width), and what the model reads of the rows they would be. */
static td_status embed_users(const td_recommender *r, td_range users, float **u, td_frame *context)
{
    td_frame given = {.count = 0};
    if (r->asked.given.tells)
        given = td_asked_given(&r->asked, users);
    const td_user_queries queries = {(size_t)users.count, r->asked.id + users.first, r->time,
                                     &given};
    const td_status status = td_embed_users(r->comm, &r->trained, &queries, u, context);
    td_frame_free(&given);
    return status;
}

td_status td_recommender_list(td_recommender *recommender, td_range users, bool everywhere,
                              td_user_lists *lists)
{
    td_recommender *r = recommender;
    const td_model *model = r->trained.model;
    const size_t k = r->k;
    td_left_out left_out;
    int64_t first = 0, count = users.count;
    if (!everywhere)
        td_comm_share(r->comm, users.count, &first, &count);
    *lists = (td_user_lists){.first = (size_t)first, .count = (size_t)count};
    float *u;
    td_frame context;
    td_status status = td_left_out_find(r->trained.data, r->options->exclude_seen, &r->exclusions,
                                        &r->asked, users, &left_out);
    if (status == TD_OK)
        status = embed_users(r, users, &u, &context);
    if (status != TD_OK) {
        td_left_out_free(&left_out);
        return status;
    }
    const td_scorer scorer = td_product_scorer(&r->candidates, &model->kernels, u);
    const td_top_request request = {(size_t)users.count, k, left_out.ranges, left_out.items};
    lists->listed = TD_NEW(td_listed, lists->count * k);
    td_top_items(r->comm, &scorer, &request, lists->first, lists->count, lists->listed);
    if (td_model_head(model)) {
        lists->ratings = TD_NEW(float, lists->count *k);
        for (size_t i = 0; i < lists->count; i++) {
            const size_t place = lists->first + i;
            const rater user = {r->asked.id[(size_t)users.first + place],
                                u + place * model->query.width, &context, (int32_t)place};
            rate_list(r, &user, lists->listed + i * k, lists->ratings + i * k);
        }
    }
    td_free(u);
    td_frame_free(&context);
    td_left_out_free(&left_out);
    return TD_OK;
}

void td_user_lists_free(td_user_lists *lists)
{
    td_free(lists->listed);
    td_free(lists->ratings);
}

td_ranked_items td_recommender_listing(const td_recommender *recommender, int64_t user,
                                       const td_listed *listed, const float *ratings)
{
    const td_asked *asked = &recommender->asked;
    td_ranked_items list =
        td_listing_make(recommender->known, asked->name[user], recommender->k, listed, ratings);
    if (asked->note[user])
        list.note = td_copy_text(asked->note[user]);
    return list;
}

/* C */
static td_status recommend(td_recommender *r, td_ranked_lists *lists)
{
    td_user_lists found = {.count = 0};
    const td_status status = td_recommender_list(r, (td_range){0, r->asked.count}, true, &found);
    if (status == TD_OK) {
        *lists = (td_ranked_lists){found.count, TD_NEW(td_ranked_items, found.count)};
        for (size_t i = 0; i < found.count; i++)
            lists->lists[i] =
                td_recommender_listing(r, (int64_t)i, found.listed + i * r->k,
                                       found.ratings ? found.ratings + i * r->k : NULL);
    }
    td_user_lists_free(&found);
    return status;
}

td_status td_recommend(td_comm *comm, const td_recommend_options *options,
                       const td_asked_users *users, td_ranked_lists *lists)
{
    td_recommender recommender;
    *lists = (td_ranked_lists){.count = 0};
    td_status status = td_recommender_open(comm, options, users, &recommender);
    if (status == TD_OK)
        status = recommend(&recommender, lists);
    td_recommender_close(&recommender);
    return status;
}
