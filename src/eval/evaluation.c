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
    int32_t *weight;          /* (items + 1): how often an item is a candidate */
    int64_t *counts;          /* (items + 1): its training rows */
    int64_t *popularity_rank; /* (items + 1): the baseline's item_rank of each item, all
                                 candidates counted */
    bool exclude_seen;
} evaluator;

/* The rows of one block of users, and what they ask. */
typedef struct {
    td_rows rows;
    size_t queries;
    int32_t *user;         /* (queries) */
    int32_t *query;        /* (rows) */
    int64_t *seen_offsets; /* (queries + 1) */
    int32_t *seen;         /* NULL unless seen items are left out */
} block;

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
static td_status rank_by_popularity(evaluator *e)
{
    const int64_t items = td_dataset_info(e->data)->items;
    const float one = 1;
    td_candidates candidates;
    TD_TRY(td_dataset_read_item_counts(e->data, &e->counts));
    td_candidates_create(&candidates, e->comm, items + 1, e->weight, 1, embed_popularity,
                         e->counts);
    int32_t *item = TD_NEW(int32_t, (size_t)items), *query = TD_NEW(int32_t, (size_t)items);
    for (int64_t i = 0; i < items; i++)
        item[i] = (int32_t)i + 1;
    e->popularity_rank = TD_NEW(int64_t, (size_t)items + 1);
    const td_ranking ranking = {
        .queries = 1, .u = &one, .rows = (size_t)items, .query = query, .item = item};
    td_status status =
        td_item_ranks(e->comm, &candidates, &e->model->kernels, &ranking, e->popularity_rank + 1);
    td_candidates_free(&candidates);
    td_free(item);
    td_free(query);
    return status;
}

/* The baseline's item_rank of a row's item among what its user has not seen. */
static int64_t popularity_rank_of(const evaluator *e, const block *b, int64_t row)
{
    const int32_t item = b->rows.item[row], query = b->query[row];
    int64_t item_rank = e->popularity_rank[item];
    for (int64_t i = b->seen_offsets[query]; b->seen && i < b->seen_offsets[query + 1]; i++)
        if ((float)e->counts[b->seen[i]] > (float)e->counts[item])
            item_rank -= e->weight[b->seen[i]];
    return item_rank;
}

/* C: embeds the candidates and ranks them by popularity. */
static td_status prepare_candidates(evaluator *e, int choice)
{
    TD_TRY(count_candidates(e->data, choice, &e->weight));
    td_candidates_create(&e->candidates, e->comm, e->model->sizes.items, e->weight,
                         e->model->candidate.width, embed_items, e->model);
    return rank_by_popularity(e);
}

/* Rows of one user ask with one query: that of each user of the block that has rows, in order. */
static void find_queries(block *b, int64_t users, const int64_t *row_offsets,
                         const int64_t *seen_offsets)
{
    b->user = TD_NEW(int32_t, (size_t)users);
    b->query = TD_NEW(int32_t, (size_t)b->rows.count);
    b->seen_offsets = TD_NEW(int64_t, (size_t)users + 1);
    for (int64_t u = 0; u < users; u++) {
        if (row_offsets[u] == row_offsets[u + 1])
            continue;
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++)
            b->query[i] = (int32_t)b->queries;
        b->user[b->queries] = b->rows.user[row_offsets[u]];
        b->seen_offsets[b->queries] = seen_offsets ? seen_offsets[u] : 0;
        b->queries++;
    }
    b->seen_offsets[b->queries] = seen_offsets ? seen_offsets[users] : 0;
}

static void count_hits(evaluator *e, const block *b, const int64_t *item_rank)
{
    td_evaluation *evaluation = e->evaluation;
    evaluation->rows += b->rows.count;
    for (int64_t i = 0; i < b->rows.count; i++) {
        const int64_t popularity_rank = popularity_rank_of(e, b, i);
        evaluation->unknown_user_rows += b->rows.user[i] == 0;
        for (size_t k = 0; k < evaluation->ks.count; k++) {
            evaluation->hits[k] += item_rank[i] <= evaluation->ks.value[k];
            evaluation->popularity_hits[k] += popularity_rank <= evaluation->ks.value[k];
        }
    }
}

/* C: ranks the rows of one block of users. */
static td_status evaluate_block(evaluator *e, const block *b)
{
    const size_t rows = (size_t)b->rows.count;
    int64_t *item_rank = TD_NEW(int64_t, rows);
    float *u = TD_NEW(float, b->queries * e->model->query.width);
    embed(e->model, &e->model->query, b->queries, b->user, u);
    const td_ranking ranking = {b->queries,      u,      rows, b->query, b->rows.item,
                                b->seen_offsets, b->seen};
    td_status status =
        td_item_ranks(e->comm, &e->candidates, &e->model->kernels, &ranking, item_rank);
    if (status == TD_OK)
        count_hits(e, b, item_rank);
    td_free(item_rank);
    td_free(u);
    return status;
}

/* C: reads and ranks the rows of some users. */
static td_status evaluate_users(evaluator *e, int64_t first, int64_t users)
{
    block b = {.queries = 0};
    int64_t *row_offsets = NULL, *seen_offsets = NULL;
    td_status status = TD_OK;
    if (e->exclude_seen)
        status = td_dataset_read_seen(e->data, first, users, &seen_offsets, &b.seen);
    if (status == TD_OK)
        status = td_dataset_read_users(e->data, e->split, first, users, &row_offsets, &b.rows);
    if (status == TD_OK) {
        find_queries(&b, users, row_offsets, seen_offsets);
        status = evaluate_block(e, &b);
    }
    td_rows_free(&b.rows);
    td_free(row_offsets);
    td_free(seen_offsets);
    td_free(b.user);
    td_free(b.query);
    td_free(b.seen_offsets);
    td_free(b.seen);
    return status;
}

static td_status evaluate_all_users(evaluator *e)
{
    const int64_t users = td_dataset_info(e->data)->file_users;
    for (int64_t first = 0; first < users; first += USERS_AT_ONCE) {
        int64_t left = users - first;
        TD_TRY(evaluate_users(e, first, left < USERS_AT_ONCE ? left : USERS_AT_ONCE));
    }
    return TD_OK;
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation)
{
    evaluator e = {.comm = comm,
                   .model = model,
                   .data = data,
                   .split = split,
                   .evaluation = evaluation,
                   .exclude_seen = config->eval_exclude_seen};
    *evaluation = (td_evaluation){.ks = config->eval_ks};
    td_status status = prepare_candidates(&e, config->eval_candidates);
    if (status == TD_OK)
        status = evaluate_all_users(&e);
    td_candidates_free(&e.candidates);
    td_free(e.weight);
    td_free(e.counts);
    td_free(e.popularity_rank);
    return status;
}
