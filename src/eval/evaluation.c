/* A split, block of users by block of users, through the towers and the ranks by counting. */
#include "eval/evaluation.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/item_ranks.h"
#include "eval/model_candidates.h"
#include "eval/rating_errors.h"
#include "eval/row_sample.h"

#include <string.h>

/* Bound the rows in memory, and those of owned tables that are brought here at a time. Tiles are
 * cut from each block's start, so that they are the same on every layout. */
enum { USERS_AT_ONCE = 1024, SAMPLED_ROWS_AT_ONCE = 1 << 18 };

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
    td_row_sample sample;
    int64_t sample_rows;
    td_rating_errors errors;
} evaluator;

/* The rows of one block of users, and what they ask. */
typedef struct {
    td_rows rows;
    td_field fields[TD_CONTEXT_FIELDS];
    td_frame context; /* of the rows */
    size_t queries;
    int32_t *user;           /* (queries) */
    int32_t *moment;         /* (queries): the row that has its context */
    td_range *seen_of_query; /* (queries) */
    int32_t *seen;           /* NULL unless seen items are left out */
    int32_t *query;          /* (rows) */
} block;

/* The baseline's embedding of an item is its number of training rows; its query is 1. */
static void embed_popularity(const void *context, size_t n, const int32_t *items, float *v)
{
    const int64_t *counts = context;
    for (size_t i = 0; i < n; i++)
        v[i] = (float)counts[items[i]];
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
    const int32_t item = b->rows.item[row];
    const td_range range = b->seen_of_query[b->query[row]];
    int64_t item_rank = e->popularity_rank[item];
    for (int64_t i = range.first; i < td_range_end(range); i++)
        if ((float)e->counts[b->seen[i]] > (float)e->counts[item])
            item_rank -= e->weight[b->seen[i]];
    return item_rank;
}

/* C: embeds the candidates and ranks them by popularity. */
static td_status prepare_candidates(evaluator *e, int choice)
{
    TD_TRY(td_candidates_count(e->data, choice, &e->weight));
    td_candidates_embed(&e->candidates, e->comm, e->model, e->weight);
    return rank_by_popularity(e);
}

/* Starts a query for a row. */
static void add_query(block *b, int64_t row, td_range seen)
{
    b->user[b->queries] = b->rows.user[row];
    b->moment[b->queries] = (int32_t)row;
    b->seen_of_query[b->queries] = seen;
    b->queries++;
}

/* Rows of one user that follow one another and ask the same share a query, scored once. */
static void find_queries(const td_spec *spec, block *b, int64_t users, const int64_t *row_offsets,
                         const int64_t *seen_offsets)
{
    const size_t rows = (size_t)b->rows.count;
    b->user = TD_NEW(int32_t, rows);
    b->moment = TD_NEW(int32_t, rows);
    b->seen_of_query = TD_NEW(td_range, rows);
    b->query = TD_NEW(int32_t, rows);
    for (int64_t u = 0; u < users; u++) {
        const td_range seen =
            seen_offsets ? td_range_to(seen_offsets[u], seen_offsets[u + 1]) : (td_range){0, 0};
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++) {
            if (i == row_offsets[u] || !td_context_is_same(spec, &b->context, i - 1, i))
                add_query(b, i, seen);
            b->query[i] = (int32_t)b->queries - 1;
        }
    }
}

static void free_block(block *b)
{
    td_rows_free(&b->rows);
    td_free(b->user);
    td_free(b->moment);
    td_free(b->seen_of_query);
    td_free(b->seen);
    td_free(b->query);
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

/* C: ranks and rates the rows of one block of users. */
static td_status evaluate_block(evaluator *e, const block *b)
{
    const td_model *model = e->model;
    const size_t rows = (size_t)b->rows.count;
    int64_t *item_rank = TD_NEW(int64_t, rows);
    float *u = TD_NEW(float, b->queries * model->query.width);
    const td_queries queries = {b->queries, b->user, &b->context, b->moment};
    td_embed_queries(e->comm, model, &queries, u);
    const td_ranking ranking = {b->queries,       u,      rows, b->query, b->rows.item,
                                b->seen_of_query, b->seen};
    td_status status = td_item_ranks(e->comm, &e->candidates, &model->kernels, &ranking, item_rank);
    if (status == TD_OK)
        count_hits(e, b, item_rank);
    if (status == TD_OK && td_model_head(model))
        td_rating_errors_add(&e->errors, model, &e->candidates, &ranking, b->rows.rating);
    td_free(item_rank);
    td_free(u);
    return status;
}

/* Keeps the rows of the sample. */
static void keep_sampled(const td_row_sample *sample, int64_t users, int64_t *row_offsets,
                         td_rows *rows)
{
    int64_t first = 0;
    rows->count = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = first; i < row_offsets[u + 1]; i++)
            if (td_row_sample_has(sample, rows->row[i]))
                td_rows_append(rows, rows, i, 1);
        first = row_offsets[u + 1];
        row_offsets[u + 1] = rows->count;
    }
}

/* C: reads and evaluates the rows of some users. */
static td_status evaluate_users(evaluator *e, int64_t first, int64_t users)
{
    block b = {.queries = 0};
    int64_t *row_offsets = NULL, *seen_offsets = NULL;
    td_status status = TD_OK;
    if (e->exclude_seen)
        status = td_dataset_read_seen(e->data, first, users, &seen_offsets, &b.seen);
    if (status == TD_OK)
        status =
            td_dataset_read_users(e->data, e->split, first, users, NULL, &row_offsets, &b.rows);
    if (status == TD_OK) {
        if (!e->sample.all)
            keep_sampled(&e->sample, users, row_offsets, &b.rows);
        const td_time_scale *times = td_derived_times(&e->model->spec->derivations);
        if (times)
            td_rows_set_times(&b.rows, times);
        b.context = td_rows_context(&b.rows, b.fields);
        find_queries(e->model->spec, &b, users, row_offsets, seen_offsets);
        status = evaluate_block(e, &b);
    }
    td_free(row_offsets);
    td_free(seen_offsets);
    free_block(&b);
    return status;
}

/* Of a sample so many users that their blocks have as many rows as without one, as far as what is
 * read for that may be held. */
static int64_t users_at_once(const evaluator *e)
{
    const td_data_info *info = td_dataset_info(e->data);
    if (e->sample.all)
        return USERS_AT_ONCE;
    const int64_t rows = info->rows[e->split];
    const int64_t as_many = USERS_AT_ONCE * (rows / e->sample_rows);
    const int64_t may_be_held = SAMPLED_ROWS_AT_ONCE / (rows / info->file_users + 1);
    const int64_t users = as_many < may_be_held ? as_many : may_be_held;
    return users > USERS_AT_ONCE ? users : USERS_AT_ONCE;
}

/* The rows of users [first, end), by place in the file. */
static td_status evaluate_blocks(evaluator *e, int64_t first, int64_t end)
{
    const int64_t at_once = users_at_once(e);
    for (; first < end; first += at_once) {
        int64_t left = end - first;
        TD_TRY(evaluate_users(e, first, left < at_once ? left : at_once));
    }
    return TD_OK;
}

/* Users without an id come last, in blocks of their own: their row 0 is far from the others'. */
static td_status evaluate_all_users(evaluator *e)
{
    const td_data_info *info = td_dataset_info(e->data);
    TD_TRY(evaluate_blocks(e, 0, info->users));
    return evaluate_blocks(e, info->users, info->file_users);
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation)
{
    evaluator e = {.comm = comm,
                   .model = model,
                   .data = data,
                   .split = split,
                   .evaluation = evaluation,
                   .exclude_seen = config->eval_exclude_seen,
                   .sample_rows = config->eval_sample};
    *evaluation = (td_evaluation){.ks = config->eval_ks, .rated = td_model_head(model) != NULL};
    td_status status = td_row_sample_choose(comm, data, split, (uint64_t)config->train_seed,
                                            config->eval_sample, &e.sample);
    if (status == TD_OK)
        status = prepare_candidates(&e, config->eval_candidates);
    if (status == TD_OK)
        status = evaluate_all_users(&e);
    if (status == TD_OK && td_model_head(model))
        td_rating_errors_finish(&e.errors, comm, &evaluation->rmse, &evaluation->mae);
    td_candidates_free(&e.candidates);
    td_free(e.weight);
    td_free(e.counts);
    td_free(e.popularity_rank);
    return status;
}
