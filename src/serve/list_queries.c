/* By the model's query tower, or by the items that a user has. */
#include "serve/list_queries.h"

#include "base/ids.h"
#include "base/memory.h"
#include "base/range.h"
#include "serve/user_embeddings.h"

void td_list_queries_free(td_list_queries *queries)
{
    td_list_queries *q = queries;
    td_scorer_free(&q->scorer);
    td_free(q->u);
    td_free(q->is_known);
    td_frame_free(&q->context);
    td_left_out_free(&q->left_out);
}

/* C */
static td_status embed_queries(const td_recommender *r, td_list_queries *q)
{
    td_frame given = td_asked_given(&r->asked, q->users);
    const td_user_queries asked = {(size_t)q->users.count, r->asked.id + q->users.first, r->time,
                                   &given};
    const td_status status =
        td_embed_users(r->comm, &r->trained, &asked, &q->u, &q->context, q->is_known);
    td_frame_free(&given);
    q->scorer = td_product_scorer(&r->fitted.candidates, &r->trained.model->kernels, q->u);
    return status;
}

/* The distinct items of the histories that are told of users. */
static td_seen told_items(const td_recommender *r, td_range users)
{
    td_seen told = {.offsets = TD_NEW(int64_t, (size_t)users.count + 1)};
    td_buffer work = {0};
    const int32_t *items;
    int64_t room = 0;
    for (int64_t i = 0; i < users.count; i++)
        room += td_asked_history(&r->asked, users.first + i, &items).count;
    told.items = TD_NEW(int32_t, (size_t)room);
    for (int64_t i = 0; i < users.count; i++) {
        const td_range had = td_asked_history(&r->asked, users.first + i, &items);
        int32_t *to = told.items + told.offsets[i];
        int64_t count = 0;
        for (int64_t h = had.first; h < td_range_end(had); h++)
            if (items[h] > 0)
                to[count++] = items[h];
        told.offsets[i + 1] = told.offsets[i] + (int64_t)td_ids_distinct((size_t)count, to, &work);
    }
    td_buffer_free(&work);
    return told;
}

/* C: a system that reads a query's items has nothing of a user without any. */
static void ask_system(const td_recommender *r, td_list_queries *q)
{
    const td_system *system = r->fitted.system;
    td_seen told = told_items(r, q->users);
    const td_queries asked = {.count = (size_t)q->users.count,
                              .users = r->asked.id + q->users.first};
    q->scorer = system->score(&r->fitted, &asked, &told);
    for (int64_t i = 0; i < q->users.count; i++)
        q->is_known[i] =
            !system->reads_items || q->scorer.had.offsets[i + 1] > q->scorer.had.offsets[i];
    td_seen_free(&told);
}

td_status td_list_queries_make(const td_recommender *recommender, td_range users,
                               td_list_queries *queries)
{
    const td_recommender *r = recommender;
    td_list_queries *q = queries;
    *q = (td_list_queries){.users = users, .is_known = TD_NEW(bool, (size_t)users.count)};
    const td_left_out_rules rules = {r->options->exclude_seen,
                                     &r->exclusions,
                                     &r->alive,
                                     r->weight,
                                     td_dataset_info(r->trained.data)->items,
                                     r->times};
    TD_TRY(td_left_out_find(r->trained.data, &rules, &r->asked, users, &q->left_out));
    if (td_recommender_is_by_model(r))
        return embed_queries(r, q);
    ask_system(r, q);
    return TD_OK;
}
