/* A split, block of users by block of users, through every system and into the metrics' sums. */
#include "eval/evaluation.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/embedding.h"
#include "eval/metric_totals.h"
#include "eval/row_sample.h"
#include "eval/systems.h"

#include <inttypes.h>
#include <stdio.h>

/* Bound the rows in memory, and those of owned tables that are brought here at a time. Tiles are
 * cut from each block's start, so that they are the same on every layout. */
enum { USERS_AT_ONCE = 1024, SAMPLED_ROWS_AT_ONCE = 1 << 18 };

typedef struct {
    td_comm *comm;
    const td_model *model;
    td_dataset *data;
    const td_config *config;
    td_evaluation *evaluation;
    int32_t *weight; /* (items + 1): how often an item is a candidate */
    td_row_sample sample;
    td_fitted fitted[TD_SYSTEMS];
    td_metric_totals totals[TD_SYSTEMS];
} evaluator;

/* The rows of one block of users, and what they ask. */
typedef struct {
    td_rows rows;
    size_t queries;
    int32_t *user;           /* (queries) */
    int32_t *moment;         /* (queries): the row that has its context */
    td_frame lists;          /* (queries): their histories */
    td_range *seen_of_query; /* (queries) */
    int32_t *seen;           /* NULL unless seen items are left out */
    int32_t *query;          /* (rows) */
} block;

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
            if (i == row_offsets[u] || !td_context_is_same(spec, &b->rows.frame, i - 1, i))
                add_query(b, i, seen);
            b->query[i] = (int32_t)b->queries - 1;
        }
    }
}

/* C: the histories of the queries of some users: training rows, before their times if so asked. */
static td_status find_histories(evaluator *e, block *b, int64_t first, int64_t users)
{
    const td_history_rules *rules = &e->model->spec->histories;
    const int64_t ids = td_dataset_info(e->data)->users;
    const td_range range = {td_smaller(first, ids) + 1,
                            td_smaller(users, td_larger(ids - first, 0))};
    td_histories histories;
    TD_TRY(td_histories_read(e->data, rules, range, &histories));
    int64_t *times = TD_NEW(int64_t, b->queries);
    for (size_t i = 0; i < b->queries; i++)
        times[i] = b->rows.timestamp[b->moment[i]];
    td_histories_list(&histories, &(td_history_queries){(int64_t)b->queries, b->user, NULL, times},
                      &b->lists);
    td_free(times);
    td_histories_free(&histories);
    return TD_OK;
}

static void free_block(block *b)
{
    td_rows_free(&b->rows);
    td_frame_free(&b->lists);
    td_free(b->user);
    td_free(b->moment);
    td_free(b->seen_of_query);
    td_free(b->seen);
    td_free(b->query);
}

/* C: what one system says of the rows of a block, into its sums. */
static td_status evaluate_system(evaluator *e, size_t system, const td_queries *queries,
                                 const td_ranking *ranking, td_metric_rows rows)
{
    const td_fitted *fitted = &e->fitted[system];
    td_metric_totals *totals = &e->totals[system];
    int64_t *item_rank = NULL;
    float *prediction = NULL;
    void *memory;
    td_status status = TD_OK;
    if (totals->count == 0)
        return TD_OK;
    const td_scorer scorer = fitted->system->score(fitted, queries, &memory);
    if (totals->needs & TD_NEEDS_ITEM_RANKS) {
        rows.item_rank = item_rank = TD_NEW(int64_t, ranking->rows);
        status = td_system_item_ranks(fitted, &scorer, ranking, item_rank);
    }
    if (status == TD_OK && (totals->needs & TD_NEEDS_PREDICTIONS)) {
        rows.prediction = prediction = TD_NEW(float, ranking->rows);
        status = fitted->system->predict(fitted, queries, &scorer, ranking, prediction);
    }
    if (status == TD_OK)
        td_metric_totals_add(totals, e->comm, &rows);
    td_free(item_rank);
    td_free(prediction);
    td_free(memory);
    return status;
}

/* C: evaluates the rows of one block of users. */
static td_status evaluate_block(evaluator *e, const block *b, int64_t users,
                                const int64_t *row_offsets)
{
    const td_queries queries = {b->queries, b->user, &b->rows.frame, b->moment, &b->lists};
    const td_ranking ranking = {b->queries,   (size_t)b->rows.count, b->query,
                                b->rows.item, b->seen_of_query,      b->seen};
    const td_metric_rows rows = {.users = (size_t)users,
                                 .row_offsets = row_offsets,
                                 .item = b->rows.item,
                                 .label = b->rows.rating};
    e->evaluation->rows += b->rows.count;
    for (int64_t i = 0; i < b->rows.count; i++)
        e->evaluation->unknown_user_rows += b->rows.user[i] == 0;
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        TD_TRY(evaluate_system(e, s, &queries, &ranking, rows));
    return TD_OK;
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
    if (e->config->eval_exclude_seen)
        status = td_dataset_read_seen(e->data, first, users, &seen_offsets, &b.seen);
    if (status == TD_OK)
        status = td_dataset_read_users(e->data, e->evaluation->split, first, users, NULL,
                                       &row_offsets, &b.rows);
    if (status == TD_OK) {
        if (!e->sample.all)
            keep_sampled(&e->sample, users, row_offsets, &b.rows);
        td_derive(&e->model->spec->derivations, TD_OF_ROW, &b.rows.frame);
        find_queries(e->model->spec, &b, users, row_offsets, seen_offsets);
        status = find_histories(e, &b, first, users);
    }
    if (status == TD_OK)
        status = evaluate_block(e, &b, users, row_offsets);
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
    const int64_t rows = info->rows[e->evaluation->split];
    const int64_t as_many = USERS_AT_ONCE * (rows / e->config->eval_sample);
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

char *td_evaluation_settings(const td_config *config)
{
    return td_print_text("candidates=%s,exclude_seen=%s,sample=%" PRId64 ",ties=optimistic",
                         config->eval_candidates == TD_CANDIDATES_UNIQUE ? "unique" : "rows",
                         config->eval_exclude_seen ? "true" : "false", config->eval_sample);
}

/* C: the candidates, the systems that rank them, and the sums of what is asked of each. */
static td_status fit_systems(evaluator *e)
{
    size_t count = 0;
    TD_TRY(td_candidates_count(e->data, e->config->eval_candidates, &e->weight));
    for (size_t s = 0; s < TD_SYSTEMS; s++) {
        td_fitted *fitted = &e->fitted[s];
        TD_TRY(td_system_fit(&td_all_systems[s], e->comm, e->model, e->data, e->weight, fitted));
        td_metric_totals_create(&e->totals[s], e->config, td_system_meets(fitted));
        count += e->totals[s].count;
    }
    if (count == 0)
        return td_fail(TD_ERR_CONFIG, "eval.metrics names only metrics of predicted ratings, and "
                                      "the model has no rating head; name another");
    return TD_OK;
}

/* C: the sums' values, system by system. */
static void finish(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    for (size_t s = 0; s < TD_SYSTEMS; s++) {
        const td_metric_totals *totals = &e->totals[s];
        double *value = TD_NEW(double, totals->count);
        td_metric_totals_finish(totals, e->comm, value);
        evaluation->value =
            td_reallocate(evaluation->value, evaluation->count, evaluation->count + totals->count,
                          sizeof *evaluation->value);
        for (size_t i = 0; i < totals->count; i++) {
            const td_metric *metric = totals->total[i].metric;
            evaluation->value[evaluation->count++] =
                (td_metric_value){td_all_systems[s].name, metric->name,       metric->label,
                                  metric->text,           totals->total[i].k, value[i]};
        }
        td_free(value);
    }
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation)
{
    evaluator e = {
        .comm = comm, .model = model, .data = data, .config = config, .evaluation = evaluation};
    *evaluation = (td_evaluation){.split = split, .settings = td_evaluation_settings(config)};
    td_status status = td_row_sample_choose(comm, data, split, (uint64_t)config->train_seed,
                                            config->eval_sample, &e.sample);
    if (status == TD_OK)
        status = fit_systems(&e);
    /* Users without an id come last, in blocks of their own: their row 0 is far from the others'.
     */
    if (status == TD_OK)
        status = evaluate_blocks(&e, 0, td_dataset_info(data)->users);
    if (status == TD_OK)
        status =
            evaluate_blocks(&e, td_dataset_info(data)->users, td_dataset_info(data)->file_users);
    if (status == TD_OK)
        finish(&e);
    for (size_t s = 0; s < TD_SYSTEMS; s++) {
        td_system_free(&e.fitted[s]);
        td_metric_totals_free(&e.totals[s]);
    }
    td_free(e.weight);
    if (status != TD_OK)
        td_evaluation_free(evaluation);
    return status;
}

void td_evaluation_free(td_evaluation *evaluation)
{
    td_free(evaluation->settings);
    td_free(evaluation->value);
    *evaluation = (td_evaluation){0};
}
