/* A split, block of users by block of users, through every system and into the metrics' sums. */
#include "eval/evaluation.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "eval/asked_rows.h"
#include "eval/embedding.h"
#include "eval/metric_totals.h"
#include "eval/row_sample.h"
#include "eval/scope.h"
#include "eval/systems.h"

#include <inttypes.h>
#include <math.h>

/* Bound the rows in memory, and those of owned tables that are brought here at a time. */
enum { USERS_AT_ONCE = 1024, SAMPLED_ROWS_AT_ONCE = 1 << 18 };

typedef struct {
    td_comm *comm;
    const td_model *model;
    td_dataset *data;
    const td_config *config;
    td_evaluation *evaluation;
    td_row_sample sample;
    int64_t newest; /* the time of the newest training row; INT64_MIN without times */
    td_systems *systems;
    td_metric_totals totals[TD_SYSTEMS];
    bool keeps_users;
} evaluator;

/* The rows of one block of users, and what they ask. */
typedef struct {
    td_asked_rows asked;
    size_t queries;
    int32_t *user;           /* (queries) */
    int32_t *moment;         /* (queries): the row that has its context */
    td_frame lists;          /* (queries): their histories */
    td_range *seen_of_query; /* (queries) */
    int32_t *query;          /* (rows) */
    int64_t *candidates;     /* (users): of their lists */
} block;

/* Starts a query for a row. */
static void add_query(block *b, int64_t row, td_range seen)
{
    b->user[b->queries] = b->asked.rows.user[row];
    b->moment[b->queries] = (int32_t)row;
    b->seen_of_query[b->queries] = seen;
    b->queries++;
}

/* Rows of one user that follow one another and ask the same share a query, scored once. */
static void find_queries(const td_spec *spec, block *b, int64_t users)
{
    const td_asked_rows *asked = &b->asked;
    const int64_t *row_offsets = asked->row_offsets, *seen_offsets = asked->seen.offsets;
    const size_t rows = (size_t)asked->rows.count;
    b->user = TD_NEW(int32_t, rows);
    b->moment = TD_NEW(int32_t, rows);
    b->seen_of_query = TD_NEW(td_range, rows);
    b->query = TD_NEW(int32_t, rows);
    for (int64_t u = 0; u < users; u++) {
        const td_range seen =
            seen_offsets ? td_range_to(seen_offsets[u], seen_offsets[u + 1]) : (td_range){0, 0};
        for (int64_t i = row_offsets[u]; i < row_offsets[u + 1]; i++) {
            if (i == row_offsets[u] || !td_context_is_same(spec, &asked->rows.frame, i - 1, i))
                add_query(b, i, seen);
            b->query[i] = (int32_t)b->queries - 1;
        }
    }
}

/* How many candidates each user's list has. */
static void count_candidates(const evaluator *e, block *b, int64_t users)
{
    const td_seen *seen = &b->asked.seen;
    b->candidates = TD_NEW(int64_t, (size_t)users);
    for (int64_t u = 0; u < users; u++) {
        b->candidates[u] = e->evaluation->counts.candidates;
        for (int64_t i = seen->offsets ? seen->offsets[u] : 0;
             seen->offsets && i < seen->offsets[u + 1]; i++)
            b->candidates[u] -= td_larger(e->systems->weight[seen->items[i]], 0);
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
        times[i] = b->asked.rows.timestamp[b->moment[i]];
    td_histories_list(&histories, &(td_history_queries){(int64_t)b->queries, b->user, NULL, times},
                      &b->lists);
    td_free(times);
    td_histories_free(&histories);
    return TD_OK;
}

static void free_block(block *b)
{
    td_asked_rows_free(&b->asked);
    td_frame_free(&b->lists);
    td_free(b->user);
    td_free(b->moment);
    td_free(b->seen_of_query);
    td_free(b->query);
    td_free(b->candidates);
}

/* Rows whose items the model does not tell from many others. */
static void count_ties(evaluator *e, size_t rows, const td_item_place *place)
{
    td_evaluation_counts *counts = &e->evaluation->counts;
    for (size_t i = 0; i < rows; i++)
        counts->tied_rows += place[i].tied > counts->tied_with;
}

/* Takes predictions to the range of the labels that statistics are of; NaN stays. */
static void clip(const evaluator *e, size_t rows, float *prediction)
{
    const td_schema *schema = &td_dataset_info(e->data)->schema;
    const td_schema_field *label = td_schema_with_role(schema, TD_ROLE_LABEL);
    if (!label || label->summary.count == 0)
        return;
    const float low = (float)label->summary.low, high = (float)label->summary.high;
    for (size_t i = 0; i < rows; i++)
        prediction[i] = prediction[i] < low ? low : prediction[i] > high ? high : prediction[i];
}

/* C: what one system says of the rows of a block, into its sums. */
static td_status evaluate_system(evaluator *e, size_t system, const td_queries *queries,
                                 const td_ranking *ranking, td_metric_rows rows, td_kept_users kept)
{
    td_fitted *fitted = &e->systems->fitted[system];
    td_metric_totals *totals = &e->totals[system];
    td_item_place *place = NULL;
    float *prediction = NULL;
    td_scorer scorer = {.score = NULL};
    td_status status = TD_OK;
    if (totals->count == 0)
        return TD_OK;
    if (fitted->system->score)
        scorer = fitted->system->score(fitted, queries, NULL);
    if (totals->needs & TD_NEEDS_ITEM_RANKS) {
        rows.place = place = TD_NEW(td_item_place, ranking->rows);
        status = td_system_item_places(fitted, &scorer, ranking, place);
        if (status == TD_OK && system == 0)
            count_ties(e, ranking->rows, place);
    }
    if (status == TD_OK && (totals->needs & TD_NEEDS_PREDICTIONS)) {
        rows.prediction = prediction = TD_NEW(float, ranking->rows);
        status = fitted->system->predict(fitted, queries, &scorer, ranking, prediction);
        if (e->config->eval_clip)
            clip(e, ranking->rows, prediction);
    }
    if (status == TD_OK)
        td_metric_totals_add(totals, e->comm, &rows, kept);
    td_free(place);
    td_free(prediction);
    td_scorer_free(&scorer);
    return status;
}

/* Makes room for what this rank's share of a block's users add. */
static td_kept_users keep_users(evaluator *e, int64_t first, int64_t users)
{
    td_kept_users kept = {.sums = e->keeps_users ? &e->evaluation->users : NULL};
    int64_t mine, count;
    td_comm_share(e->comm, users, &mine, &count);
    if (kept.sums)
        kept.first = td_user_sums_add(kept.sums, (size_t)count, first + mine);
    return kept;
}

/* C: evaluates the rows of one block of users. */
static td_status evaluate_block(evaluator *e, const block *b, int64_t first, int64_t users)
{
    const td_asked_rows *asked = &b->asked;
    const td_queries queries = {b->queries, b->user, &asked->rows.frame, b->moment, &b->lists};
    const td_ranking ranking = {.queries = b->queries,
                                .rows = (size_t)asked->rows.count,
                                .query = b->query,
                                .item = asked->rows.item,
                                .seen_of_query = b->seen_of_query,
                                .seen = asked->seen.items,
                                .is_out = asked->is_out};
    const td_metric_rows rows = {.users = (size_t)users,
                                 .row_offsets = asked->row_offsets,
                                 .item = asked->rows.item,
                                 .label = asked->rows.rating,
                                 .candidates = b->candidates};
    td_kept_users kept = keep_users(e, first, users);
    for (size_t s = 0; s < e->systems->count; s++) {
        TD_TRY(evaluate_system(e, s, &queries, &ranking, rows, kept));
        kept.column += e->totals[s].count;
    }
    if (kept.sums)
        td_user_sums_compact(kept.sums, kept.first);
    return TD_OK;
}

/* C: reads and evaluates the rows of some users. */
static td_status evaluate_users(evaluator *e, int64_t first, int64_t users)
{
    block b = {.queries = 0};
    const td_asked_rule rule = {e->data,   e->evaluation->split, e->config, &e->sample,
                                e->newest, e->systems->weight};
    td_status status =
        td_asked_rows_read(&rule, (td_range){first, users}, &e->evaluation->counts, &b.asked);
    if (status == TD_OK) {
        td_derive(&e->model->spec->derivations, TD_OF_ROW, &b.asked.rows.frame);
        find_queries(e->model->spec, &b, users);
        count_candidates(e, &b, users);
        status = find_histories(e, &b, first, users);
    }
    if (status == TD_OK)
        status = evaluate_block(e, &b, first, users);
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

/* The rows of users [first, end), by place in the file, in blocks whose bounds depend on the data
 * and eval.* alone: tiles are cut from each block's start, so that they are the same on every
 * layout. */
static td_status evaluate_blocks(evaluator *e, int64_t first, int64_t end)
{
    const int64_t at_once = users_at_once(e);
    for (; first < end; first += at_once) {
        int64_t left = end - first;
        TD_TRY(evaluate_users(e, first, left < at_once ? left : at_once));
    }
    return TD_OK;
}

/* What the counts begin with: the candidates, and the least k that ties may exceed. */
static void start_counts(evaluator *e)
{
    td_evaluation_counts *counts = &e->evaluation->counts;
    for (int64_t i = 0; i <= td_dataset_info(e->data)->items; i++)
        counts->candidates += td_larger(e->systems->weight[i], 0);
    counts->tied_with = INT64_MAX;
    for (size_t i = 0; i < e->config->eval_ks.count; i++)
        counts->tied_with = td_smaller(counts->tied_with, e->config->eval_ks.value[i]);
}

/* C: the candidates, the systems that rank them, and the sums of what is asked of each. */
static td_status fit_systems(evaluator *e)
{
    size_t count = 0;
    TD_TRY(td_systems_fit(e->comm, e->model, e->data, e->config, e->systems));
    start_counts(e);
    for (size_t s = 0; s < e->systems->count; s++) {
        td_metric_totals_create(&e->totals[s], e->config, e->systems->fitted[s].meets,
                                e->evaluation->counts.candidates);
        count += e->totals[s].count;
    }
    e->evaluation->users.columns = count;
    if (count == 0)
        return td_fail(TD_ERR_CONFIG, "eval.metrics names only metrics of predicted ratings, and "
                                      "the model has no rating head; name another");
    return TD_OK;
}

/* C: the sums' values, system by system. */
static void finish(evaluator *e)
{
    td_evaluation *evaluation = e->evaluation;
    for (size_t s = 0; s < e->systems->count; s++) {
        const td_metric_totals *totals = &e->totals[s];
        double *value = TD_NEW(double, totals->count);
        td_metric_totals_finish(totals, e->comm, value);
        evaluation->value =
            td_reallocate(evaluation->value, evaluation->count, evaluation->count + totals->count,
                          sizeof *evaluation->value);
        for (size_t i = 0; i < totals->count; i++) {
            const td_metric *metric = totals->total[i].metric;
            evaluation->value[evaluation->count++] =
                (td_metric_value){.system = e->systems->fitted[s].system->name,
                                  .metric = metric->name,
                                  .label = metric->label,
                                  .text = metric->text,
                                  .k = totals->total[i].k,
                                  .is_ranked = (metric->needs & TD_NEEDS_ITEM_RANKS) != 0,
                                  .value = value[i],
                                  .low = NAN,
                                  .high = NAN};
        }
        td_free(value);
    }
}

/* Numbers of nothing, and numbers that ties make, are said to be so, whatever eval.ties takes them
 * for. */
static void warn(const td_evaluation *evaluation, const td_config *config)
{
    const td_evaluation_counts *counts = &evaluation->counts;
    static const char *const taken[] = {"means over all orders of them", "hits", "misses"};
    if (counts->rows == 0)
        td_warn("no %s row is left to ask: the users have all %" PRId64
                " items in training rows, too; eval.repeats=keep asks for them",
                td_split_name(evaluation->split), counts->repeats);
    if (counts->tied_rows * 100 > counts->rows)
        td_warn("%.1f %% of the %s rows tie with more than %" PRId64
                " other candidates: the model does not tell their items apart; ties are %s "
                "(eval.ties)",
                100 * (double)counts->tied_rows / (double)counts->rows,
                td_split_name(evaluation->split), counts->tied_with, taken[config->eval_ties]);
}

td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, bool keeps_users, td_systems *systems,
                            td_evaluation *evaluation)
{
    td_systems own = {.count = 0};
    evaluator e = {.comm = comm,
                   .model = model,
                   .data = data,
                   .config = config,
                   .systems = systems ? systems : &own,
                   .evaluation = evaluation,
                   .keeps_users = keeps_users};
    *evaluation = (td_evaluation){.split = split, .settings = td_evaluation_settings(config)};
    td_status status = td_row_sample_choose(comm, data, split, (uint64_t)config->train_seed,
                                            config->eval_sample, &e.sample);
    if (status == TD_OK)
        status = td_scope_find(comm, data, &evaluation->scope, &e.newest);
    if (status == TD_OK)
        status = fit_systems(&e);
    /* Users without an id come last, in blocks of their own: their row 0 is far from the others'.
     */
    if (status == TD_OK)
        status = evaluate_blocks(&e, 0, td_dataset_info(data)->users);
    if (status == TD_OK)
        status =
            evaluate_blocks(&e, td_dataset_info(data)->users, td_dataset_info(data)->file_users);
    if (status == TD_OK) {
        finish(&e);
        warn(evaluation, config);
    }
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        td_metric_totals_free(&e.totals[s]);
    td_systems_free(&own);
    if (status != TD_OK)
        td_evaluation_free(evaluation);
    return status;
}

void td_evaluation_free(td_evaluation *evaluation)
{
    td_free(evaluation->settings);
    td_free(evaluation->scope);
    td_free(evaluation->value);
    td_user_sums_free(&evaluation->users);
    *evaluation = (td_evaluation){0};
}
