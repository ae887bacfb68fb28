/* A split, block of users by block of users, through the towers and the ranks by counting. */
#include "eval/evaluation.h"

#include "base/memory.h"
#include "eval/item_ranks.h"

#include <string.h>

/* USERS_AT_ONCE bounds the rows in memory; tiles are cut from each block's start, so that they are
 * the same on every layout. */
enum { USERS_AT_ONCE = 1024, TILE_ROWS = 128 };

typedef struct {
    td_comm *comm;
    const td_model *model;
    td_dataset *data;
    td_split split;
    td_evaluation *evaluation;
    td_candidates candidates;
    int64_t *popularity_rank; /* (items + 1): the baseline's item_rank of each item */
} evaluator;

static void embed_tile(const td_model *model, const td_tower *tower, const td_inputs *inputs,
                       td_tower_scratch *scratch, float *embedding)
{
    const float *x = td_tower_forward(tower, &model->kernels, &model->parameters, inputs, scratch);
    memcpy(embedding, x, inputs->count * tower->width * sizeof *x);
}

/* Embeds n queries (users) or candidates (items), in tiles. */
static void embed(const td_model *model, const td_tower *tower, size_t n, const int32_t *ids,
                  float *embedding)
{
#pragma omp parallel
    {
        td_tower_scratch scratch = td_tower_scratch_create(tower);
#pragma omp for
        for (size_t i = 0; i < n; i += TILE_ROWS) {
            size_t count = n - i < TILE_ROWS ? n - i : TILE_ROWS;
            td_inputs inputs = {.count = count, .user = ids + i, .item = ids + i};
            embed_tile(model, tower, &inputs, &scratch, embedding + i * tower->width);
        }
        td_tower_scratch_free(&scratch);
    }
}

static void embed_items(const void *context, size_t n, const int32_t *items, float *v)
{
    const td_model *model = context;
    embed(model, &model->candidate, n, items, v);
}

/* The baseline's embedding of an item is its number of training rows; its query is 1. */
static void embed_popularity(const void *context, size_t n, const int32_t *items, float *v)
{
    const int64_t *counts = context;
    for (size_t i = 0; i < n; i++)
        v[i] = (float)counts[items[i]];
}

/* How often each item is a candidate: for each of its rows in the item list, or once. */
static td_status count_candidates(td_dataset *data, int choice, int32_t **weight)
{
    const td_data_info *info = td_dataset_info(data);
    int32_t *catalogue;
    TD_TRY(td_dataset_read_catalogue(data, &catalogue));
    *weight = TD_NEW(int32_t, (size_t)info->items + 1);
    for (int64_t i = 0; i < info->catalogue; i++) {
        int32_t *w = &(*weight)[catalogue[i]];
        *w = choice == TD_CANDIDATES_UNIQUE ? 1 : *w + 1;
    }
    td_free(catalogue);
    return TD_OK;
}

/* C: the baseline ranks every item once; the same for all users. */
static td_status rank_by_popularity(evaluator *e, const int32_t *weight)
{
    const int64_t items = td_dataset_info(e->data)->items;
    const float one = 1;
    int64_t *counts;
    td_candidates candidates;
    TD_TRY(td_dataset_read_item_counts(e->data, &counts));
    td_candidates_create(&candidates, e->comm, items + 1, weight, 1, embed_popularity, counts);
    int32_t *item = TD_NEW(int32_t, (size_t)items), *query = TD_NEW(int32_t, (size_t)items);
    for (int64_t i = 0; i < items; i++)
        item[i] = (int32_t)i + 1;
    e->popularity_rank = TD_NEW(int64_t, (size_t)items + 1);
    const td_ranking ranking = {1, &one, (size_t)items, query, item};
    td_status status =
        td_item_ranks(e->comm, &candidates, &e->model->kernels, &ranking, e->popularity_rank + 1);
    td_candidates_free(&candidates);
    td_free(counts);
    td_free(item);
    td_free(query);
    return status;
}

/* C: embeds the candidates and ranks them by popularity. */
static td_status prepare_candidates(evaluator *e, int choice)
{
    int32_t *weight;
    TD_TRY(count_candidates(e->data, choice, &weight));
    td_candidates_create(&e->candidates, e->comm, e->model->sizes.items, weight,
                         e->model->candidate.width, embed_items, e->model);
    td_status status = rank_by_popularity(e, weight);
    td_free(weight);
    return status;
}

/* Rows of one user follow one another and ask with one query. Returns the number of queries, and
 * sets the user of each and the query of each row. */
static size_t find_queries(const td_rows *rows, int32_t *user, int32_t *query)
{
    size_t queries = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        if (i == 0 || rows->user[i] != rows->user[i - 1])
            user[queries++] = rows->user[i];
        query[i] = (int32_t)queries - 1;
    }
    return queries;
}

static void count_hits(evaluator *e, const td_rows *rows, const int64_t *item_rank)
{
    td_evaluation *evaluation = e->evaluation;
    evaluation->rows += rows->count;
    for (int64_t i = 0; i < rows->count; i++) {
        evaluation->unknown_user_rows += rows->user[i] == 0;
        for (size_t k = 0; k < evaluation->ks.count; k++) {
            const int64_t at_most = evaluation->ks.value[k];
            evaluation->hits[k] += item_rank[i] <= at_most;
            evaluation->popularity_hits[k] += e->popularity_rank[rows->item[i]] <= at_most;
        }
    }
}

/* C: ranks the rows of one block of users. */
static td_status evaluate_rows(evaluator *e, const td_rows *rows)
{
    const size_t n = (size_t)rows->count;
    int32_t *user = TD_NEW(int32_t, n), *query = TD_NEW(int32_t, n);
    int64_t *item_rank = TD_NEW(int64_t, n);
    size_t queries = find_queries(rows, user, query);
    float *u = TD_NEW(float, queries * e->model->query.width);
    embed(e->model, &e->model->query, queries, user, u);
    const td_ranking ranking = {queries, u, n, query, rows->item};
    td_status status =
        td_item_ranks(e->comm, &e->candidates, &e->model->kernels, &ranking, item_rank);
    if (status == TD_OK)
        count_hits(e, rows, item_rank);
    td_free(user);
    td_free(query);
    td_free(item_rank);
    td_free(u);
    return status;
}

static td_status evaluate_users(evaluator *e)
{
    const int64_t users = td_dataset_info(e->data)->file_users;
    for (int64_t first = 0; first < users; first += USERS_AT_ONCE) {
        int64_t count = users - first < USERS_AT_ONCE ? users - first : USERS_AT_ONCE;
        int64_t *offsets;
        td_rows rows;
        TD_TRY(td_dataset_read_users(e->data, e->split, first, count, &offsets, &rows));
        td_status status = evaluate_rows(e, &rows);
        td_free(offsets);
        td_rows_free(&rows);
        TD_TRY(status);
    }
    return TD_OK;
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation)
{
    evaluator e = {
        .comm = comm, .model = model, .data = data, .split = split, .evaluation = evaluation};
    *evaluation = (td_evaluation){.ks = config->eval_ks};
    td_status status = prepare_candidates(&e, config->eval_candidates);
    if (status == TD_OK)
        status = evaluate_users(&e);
    td_candidates_free(&e.candidates);
    td_free(e.popularity_rank);
    return status;
}
