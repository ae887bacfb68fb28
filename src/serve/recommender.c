/* Queries of a block of users, their lists, the ratings of what is listed. */
#include "serve/recommender.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/predictions.h"
#include "serve/user_embeddings.h"

#include <math.h>
#include <string.h>

static td_status embed_candidates(td_recommender *r)
{
    int32_t *weight;
    TD_TRY(td_candidates_count(r->trained.data, TD_CANDIDATES_UNIQUE, &weight));
    td_candidates_embed(&r->candidates, r->comm, r->trained.model, weight);
    td_free(weight);
    return TD_OK;
}

td_status td_recommender_open(td_comm *comm, const td_recommend_options *options,
                              td_recommender *recommender)
{
    td_recommender *r = recommender;
    *r = (td_recommender){.comm = comm, .options = options};
    TD_TRY(td_trained_model_open(comm, &options->model, &r->trained));
    TD_TRY(td_known_names_read(r->trained.data, &r->known));
    const int64_t items = td_dataset_info(r->trained.data)->items;
    r->k = (size_t)(options->k < items ? options->k : items);
    r->time = td_trained_model_time(&r->trained, options->at);
    return embed_candidates(r);
}

void td_recommender_close(td_recommender *recommender)
{
    td_candidates_free(&recommender->candidates);
    td_known_names_free(recommender->known);
    td_trained_model_close(&recommender->trained);
}

/* What the users have seen: ranges of items. */
typedef struct {
    td_range *ranges;
    int32_t *items;
} seen_items;

/* C: the user of id i stands at place i - 1 of the data file. */
static td_status read_seen(td_recommender *r, int32_t user, size_t users, seen_items *seen)
{
    int64_t *offsets;
    *seen = (seen_items){.items = NULL};
    if (!r->options->exclude_seen || user == 0) /* the unknown user has seen nothing */
        return TD_OK;
    TD_TRY(td_dataset_read_seen(r->trained.data, user - 1, (int64_t)users, &offsets, &seen->items));
    seen->ranges = TD_NEW(td_range, users);
    for (size_t i = 0; i < users; i++)
        seen->ranges[i] = td_range_to(offsets[i], offsets[i + 1]);
    td_free(offsets);
    return TD_OK;
}

/* Predicts the ratings of one user's list; NaN in places without an item. */
static void rate_list(const td_recommender *r, size_t k, const float *u, const td_listed *listed,
                      float *ratings)
{
    const td_model *model = r->trained.model;
    const size_t width = model->query.width;
    int32_t *item = TD_NEW(int32_t, k);
    float *v = TD_NEW(float, k *width), *same_u = TD_NEW(float, k *width);
    for (size_t i = 0; i < k; i++) {
        item[i] = listed[i].item;
        memcpy(same_u + i * width, u, width * sizeof *u);
    }
    td_embed_items(r->comm, model, k, item, false, v);
    td_predict_rows(model, k, same_u, v, NULL, ratings);
    for (size_t i = 0; i < k; i++)
        if (item[i] == 0)
            ratings[i] = NAN;
    td_free(item);
    td_free(v);
    td_free(same_u);
}

td_status td_recommender_list(td_recommender *recommender, int32_t user, size_t users,
                              bool everywhere, td_user_lists *lists)
{
    td_recommender *r = recommender;
    const td_model *model = r->trained.model;
    const size_t k = r->k;
    seen_items seen;
    int64_t first = 0, count = (int64_t)users;
    if (!everywhere)
        td_comm_share(r->comm, (int64_t)users, &first, &count);
    *lists = (td_user_lists){.first = (size_t)first, .count = (size_t)count};
    TD_TRY(read_seen(r, user, users, &seen));
    float *u;
    const td_status status = td_embed_users(r->comm, &r->trained, user, users, r->time, &u);
    if (status != TD_OK) {
        td_free(seen.ranges);
        td_free(seen.items);
        return status;
    }
    const td_scorer scorer = td_product_scorer(&r->candidates, &model->kernels, u);
    const td_top_request request = {users, k, seen.ranges, seen.items};
    lists->listed = TD_NEW(td_listed, lists->count * k);
    td_top_items(r->comm, &scorer, &request, lists->first, lists->count, lists->listed);
    if (td_model_head(model)) {
        lists->ratings = TD_NEW(float, lists->count *k);
        for (size_t i = 0; i < lists->count; i++)
            rate_list(r, k, u + (lists->first + i) * model->query.width, lists->listed + i * k,
                      lists->ratings + i * k);
    }
    td_free(u);
    td_free(seen.ranges);
    td_free(seen.items);
    return TD_OK;
}

void td_user_lists_free(td_user_lists *lists)
{
    td_free(lists->listed);
    td_free(lists->ratings);
}

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
