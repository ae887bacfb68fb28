/* The table of systems: the model, and what stands beside it. */
#include "eval/systems.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/biases.h"
#include "eval/ease.h"
#include "eval/embedding.h"
#include "eval/item_neighbors.h"
#include "eval/metric.h"
#include "eval/predictions.h"

#include <string.h>

static td_status fit_model(td_fitted *f, td_dataset *data)
{
    (void)data; /* trained before */
    if (!td_model_head(f->model))
        f->meets &= ~TD_NEEDS_PREDICTIONS;
    td_candidates_embed(&f->candidates, f->comm, f->model, f->weight);
    return TD_OK;
}

/* Products of u, which the scorer gets. */
static td_scorer score_products(const td_fitted *f, float *u)
{
    td_scorer scorer = td_product_scorer(&f->candidates, &f->model->kernels, u);
    scorer.memory = u;
    return scorer;
}

/* C */
static td_scorer score_by_model(const td_fitted *f, const td_queries *queries, const td_seen *told)
{
    (void)told;
    float *u = TD_NEW(float, queries->count * f->model->query.width);
    td_embed_queries(f->comm, f->model, queries, false, u);
    return score_products(f, u);
}

/* The rows of a ranking whose items are in this rank's partition. */
static size_t list_mine(const td_candidates *candidates, const td_ranking *ranking, size_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; i < ranking->rows; i++)
        if (candidates->column_of_item[ranking->item[i]] >= 0)
            rows[n++] = i;
    return n;
}

/* C. The head predicts row by row, so the same wherever a row is predicted. Embeddings of so many
 * rows are put side by side at a time. */
static td_status predict_by_model(const td_fitted *f, const td_queries *queries,
                                  const td_scorer *scorer, const td_ranking *ranking,
                                  float *prediction)
{
    enum { ROWS_AT_ONCE = 64 * TD_TILE_ROWS };
    const td_candidates *candidates = scorer->candidates;
    const size_t width = f->model->query.width;
    size_t *rows = TD_NEW(size_t, ranking->rows);
    int64_t *known = TD_NEW(int64_t, ranking->rows);
    float *u = TD_NEW(float, ROWS_AT_ONCE *width), *v = TD_NEW(float, ROWS_AT_ONCE *width);
    int32_t *user = TD_NEW(int32_t, ROWS_AT_ONCE), *item = TD_NEW(int32_t, ROWS_AT_ONCE);
    int32_t *moment = TD_NEW(int32_t, ROWS_AT_ONCE);
    float *ratings = TD_NEW(float, ROWS_AT_ONCE);
    const td_head_net *head = td_model_head(f->model);
    td_field_view *views = TD_NEW(td_field_view, head->reads.count);
    const size_t n = list_mine(candidates, ranking, rows);
    for (size_t first = 0; first < n; first += ROWS_AT_ONCE) {
        const size_t left = n - first, count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        for (size_t i = 0; i < count; i++) {
            const size_t row = rows[first + i], query = (size_t)ranking->query[row];
            item[i] = ranking->item[row];
            user[i] = queries->users[query];
            moment[i] = queries->moments ? queries->moments[query] : (int32_t)query;
            const size_t column = (size_t)candidates->column_of_item[item[i]];
            memcpy(u + i * width, scorer->u + query * width, width * sizeof *u);
            memcpy(v + i * width, candidates->columns.v + column * width, width * sizeof *v);
        }
        const td_queries asked = {.count = count, .context = queries->context, .moments = moment};
        const td_head_rows pairs = {
            count, u, v, NULL, user, item, td_head_inputs(head, &asked, views)};
        td_predict_rows(f->model, &pairs, NULL, ratings);
        for (size_t i = 0; i < count; i++)
            known[rows[first + i]] = td_known_value(ratings[i]);
    }
    const td_status status = td_share_known(f->comm, ranking, known, prediction);
    td_free(rows);
    td_free(known);
    td_free(u);
    td_free(v);
    td_free(user);
    td_free(item);
    td_free(moment);
    td_free(views);
    td_free(ratings);
    return status;
}

/* Candidates that are scored by their counts, which are used up. */
static void create_counted(td_fitted *f, td_dataset *data, int64_t *counts)
{
    td_candidates_of_counts(&f->candidates, f->comm, td_dataset_info(data)->items + 1, f->weight,
                            counts);
    td_free(counts);
}

static td_status fit_popularity(td_fitted *f, td_dataset *data)
{
    int64_t *counts;
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    create_counted(f, data, counts);
    return TD_OK;
}

/* C: this rank's share of the training rows, of which it counts the newest. */
static td_status count_recent(td_fitted *f, td_dataset *data, const char *time, const char *item,
                              int64_t *counts)
{
    td_range share;
    td_frame frame;
    const char *const fields[] = {time, item, NULL};
    td_comm_share(f->comm, td_dataset_info(data)->rows[TD_TRAIN], &share.first, &share.count);
    TD_TRY(td_dataset_read_rows(data, TD_TRAIN, share, fields, &frame));
    const int64_t *times = td_frame_find(&frame, time)->values;
    const int32_t *items = td_frame_find(&frame, item)->values;
    int64_t newest = INT64_MIN;
    for (int64_t i = 0; i < share.count; i++)
        newest = td_larger(newest, times[i]);
    newest = td_comm_max_count(f->comm, newest);
    const int64_t days = (int64_t)(f->config->baseline_days * 86400);
    const int64_t oldest = newest == INT64_MIN ? newest : newest - days; /* no row has a time */
    for (int64_t i = 0; i < share.count; i++)
        counts[items[i]] += times[i] >= oldest;
    td_frame_free(&frame);
    return TD_OK;
}

/* C: popularity of the last days before the newest training row. */
static td_status fit_recent(td_fitted *f, td_dataset *data)
{
    const td_data_info *info = td_dataset_info(data);
    const td_schema_field *time = td_schema_with_role(&info->schema, TD_ROLE_TIME);
    const td_schema_field *item = td_schema_with_role(&info->schema, TD_ROLE_ITEM);
    if (!time)
        return td_fail(TD_ERR_CONFIG, "eval.systems: recent_popularity needs times, which the data "
                                      "have not; leave it out");
    int64_t *counts = TD_NEW(int64_t, (size_t)info->items + 1);
    const td_status status = count_recent(f, data, time->name, item->name, counts);
    if (status != TD_OK) {
        td_free(counts);
        return status;
    }
    td_comm_sum(f->comm, (size_t)info->items + 1, counts);
    create_counted(f, data, counts);
    return TD_OK;
}

static void embed_nothing(const void *context, size_t n, const int32_t *items, float *v)
{
    (void)context;
    (void)items;
    memset(v, 0, n * sizeof *v);
}

/* Candidates of a system that has no embeddings. */
static void create_candidates(td_fitted *f, td_dataset *data)
{
    td_candidates_create(&f->candidates, f->comm, td_dataset_info(data)->items + 1, f->weight, 1,
                         embed_nothing, NULL);
}

/* C */
static td_status fit_by_neighbors(td_fitted *f, td_dataset *data, bool walks)
{
    const td_config *config = f->config;
    td_neighbors *learned = NULL;
    const td_neighbor_rule rule = {.walks = walks,
                                   .kept = config->baseline_neighbors,
                                   .shrink = config->baseline_shrink,
                                   .alpha = config->baseline_alpha,
                                   .beta = config->baseline_beta,
                                   .normalize = config->baseline_normalize};
    create_candidates(f, data);
    const td_status status = td_neighbors_create(f->comm, data, &rule, &learned);
    f->learned = learned;
    return status;
}

static td_status fit_item_neighbors(td_fitted *f, td_dataset *data)
{
    return fit_by_neighbors(f, data, false);
}

static td_status fit_rp3beta(td_fitted *f, td_dataset *data)
{
    return fit_by_neighbors(f, data, true);
}

static void forget_neighbors(void *learned)
{
    td_neighbors_free(learned);
}

static td_scorer score_by_neighbors(const td_fitted *f, const td_queries *queries,
                                    const td_seen *told)
{
    return td_neighbors_scorer(f->learned, &f->candidates, &f->model->kernels, queries->count,
                               queries->users, told);
}

static td_status fit_ease(td_fitted *f, td_dataset *data)
{
    const td_ease_rule rule = {f->config->baseline_l2, f->config->baseline_ease_items};
    td_ease *learned = NULL;
    create_candidates(f, data);
    const td_status status = td_ease_create(f->comm, data, &rule, &f->candidates, &learned);
    f->learned = learned;
    return status;
}

static void forget_ease(void *learned)
{
    td_ease_free(learned);
}

static td_scorer score_by_ease(const td_fitted *f, const td_queries *queries, const td_seen *told)
{
    return td_ease_scorer(f->learned, &f->candidates, &f->model->kernels, queries->count,
                          queries->users, told);
}

/* u (queries, 1) = 1, so that a score is the item's count. */
static td_scorer score_by_popularity(const td_fitted *f, const td_queries *queries,
                                     const td_seen *told)
{
    (void)told;
    float *u = TD_NEW(float, queries->count);
    for (size_t i = 0; i < queries->count; i++)
        u[i] = 1;
    return score_products(f, u);
}

static td_status fit_biases(td_fitted *f, td_dataset *data)
{
    td_biases *learned = NULL;
    const td_status status = td_biases_create(f->comm, data, f->config->baseline_damping, &learned);
    f->learned = learned;
    return status;
}

static void forget_biases(void *learned)
{
    td_biases_free(learned);
}

/* Every rank knows all of them. */
static td_status predict_by_biases(const td_fitted *f, const td_queries *queries,
                                   const td_scorer *scorer, const td_ranking *ranking,
                                   float *prediction)
{
    (void)scorer;
    for (size_t i = 0; i < ranking->rows; i++)
        prediction[i] =
            td_biases_predict(f->learned, queries->users[ranking->query[i]], ranking->item[i]);
    return TD_OK;
}

const td_system td_all_systems[TD_SYSTEMS] = {
    {"model", false, false, fit_model, NULL, score_by_model, predict_by_model},
    {"popularity", true, false, fit_popularity, NULL, score_by_popularity, NULL},
    {"recent_popularity", true, false, fit_recent, NULL, score_by_popularity, NULL},
    {"item_neighbors", false, true, fit_item_neighbors, forget_neighbors, score_by_neighbors, NULL},
    {"rp3beta", false, true, fit_rp3beta, forget_neighbors, score_by_neighbors, NULL},
    {"ease", false, true, fit_ease, forget_ease, score_by_ease, NULL},
    {"biases", false, false, fit_biases, forget_biases, NULL, predict_by_biases},
};

const td_system *td_system_find(const char *name)
{
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        if (strcmp(td_all_systems[s].name, name) == 0)
            return &td_all_systems[s];
    return NULL;
}

/* C: scores and ranks every item for the one query that stands for all. */
static td_status rank_once(td_fitted *f)
{
    const size_t items = (size_t)f->candidates.table_rows - 1;
    const td_queries one = {.count = 1};
    td_scorer scorer = f->system->score(f, &one, NULL);
    int32_t *item = TD_NEW(int32_t, items), *query = TD_NEW(int32_t, items);
    for (size_t i = 0; i < items; i++)
        item[i] = (int32_t)i + 1;
    const td_ranking ranking = {.queries = 1, .rows = items, .query = query, .item = item};
    f->place = TD_NEW(td_item_place, items + 1);
    f->score = TD_NEW(float, items + 1);
    const td_status status = td_item_places(f->comm, &scorer, &ranking, f->place + 1, f->score + 1);
    td_scorer_free(&scorer);
    td_free(item);
    td_free(query);
    return status;
}

td_status td_system_fit(const td_system *system, td_comm *comm, const td_model *model,
                        td_dataset *data, const td_config *config, const int32_t *weight,
                        td_fitted *fitted)
{
    *fitted = (td_fitted){.system = system,
                          .comm = comm,
                          .model = model,
                          .config = config,
                          .weight = weight,
                          .meets = (system->score ? TD_NEEDS_ITEM_RANKS : 0) |
                                   (system->predict ? TD_NEEDS_PREDICTIONS : 0)};
    td_status status = system->fit(fitted, data);
    if (status == TD_OK && system->is_same_for_all)
        status = rank_once(fitted);
    return status;
}

void td_system_free(td_fitted *fitted)
{
    td_candidates_free(&fitted->candidates);
    td_free(fitted->score);
    td_free(fitted->place);
    if (fitted->system && fitted->system->forget)
        fitted->system->forget(fitted->learned);
    *fitted = (td_fitted){0};
}

/* The place of a row's item among what its user has not seen. */
static td_item_place place_in_unseen(const td_fitted *f, const td_ranking *ranking, size_t row)
{
    const int32_t item = ranking->item[row];
    td_item_place place = f->place[item];
    if (ranking->is_out && ranking->is_out[row])
        return (td_item_place){TD_NOT_RANKED, 0};
    if (!ranking->seen || place.above == TD_NOT_RANKED)
        return place;
    const td_range range = ranking->seen_of_query[ranking->query[row]];
    for (int64_t i = range.first; i < td_range_end(range); i++) {
        const int32_t seen = ranking->seen[i], weight = f->weight[seen] > 0 ? f->weight[seen] : 0;
        place.above -= f->score[seen] > f->score[item] ? weight : 0;
        place.tied -= f->score[seen] == f->score[item] ? weight : 0;
    }
    return place;
}

/* A row's place, from the scores or from those ranked once. */
td_status td_system_item_places(const td_fitted *fitted, const td_scorer *scorer,
                                const td_ranking *ranking, td_item_place *place)
{
    if (!fitted->system->is_same_for_all)
        return td_item_places(fitted->comm, scorer, ranking, place, NULL);
    for (size_t i = 0; i < ranking->rows; i++)
        place[i] = place_in_unseen(fitted, ranking, i);
    return TD_OK;
}
