/* The table of systems: what stands beside the model, and how all of them are fitted and ranked. */
#include "eval/systems.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/biases.h"
#include "eval/ease.h"
#include "eval/embedding.h"
#include "eval/item_counts.h"
#include "eval/item_neighbors.h"
#include "eval/metric.h"
#include "eval/model_system.h"

#include <string.h>

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
    TD_TRY(td_item_counts_read(data, f->config, &counts));
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
    td_scorer scorer = td_product_scorer(&f->candidates, &f->model->kernels, u);
    scorer.memory = u;
    return scorer;
}

/* C: of every target whose labels are classes, or are none. */
static td_status fit_to_targets(td_fitted *f, td_dataset *data, bool is_of_classes)
{
    td_biases *learned = NULL;
    const td_bias_rule rule = {f->config->baseline_damping, is_of_classes};
    bool any = false;
    for (size_t t = 0; t < f->targets.count; t++) {
        f->predicts[t] = f->targets.target[t].loss->is_of_classes == is_of_classes;
        any = any || f->predicts[t];
    }
    if (!any)
        return td_fail(TD_ERR_CONFIG, "eval.systems: %s; leave it out",
                       is_of_classes ? "base_rate needs a task of kind classification"
                                     : "biases needs labels that are numbers");
    const td_status status =
        td_biases_create(f->comm, f->model, data, &f->targets, f->predicts, &rule, &learned);
    f->learned = learned;
    return status;
}

static td_status fit_biases(td_fitted *f, td_dataset *data)
{
    return fit_to_targets(f, data, false);
}

static td_status fit_base_rate(td_fitted *f, td_dataset *data)
{
    return fit_to_targets(f, data, true);
}

static void forget_biases(void *learned)
{
    td_biases_free(learned);
}

/* Every rank knows all of them. */
static td_status predict_by_biases(const td_fitted *f, size_t target, const td_queries *queries,
                                   const td_scorer *scorer, const td_ranking *ranking,
                                   float *prediction)
{
    (void)scorer;
    for (size_t i = 0; i < ranking->rows; i++)
        prediction[i] = td_biases_predict(f->learned, target, queries->users[ranking->query[i]],
                                          ranking->item[i]);
    return TD_OK;
}

const td_system td_all_systems[TD_SYSTEMS] = {
    {"model",
     false,
     false,
     {NULL},
     td_model_system_fit,
     NULL,
     td_model_system_score,
     td_model_system_predict},
    {"popularity", true, false, {NULL}, fit_popularity, NULL, score_by_popularity, NULL},
    {"recent_popularity",
     true,
     false,
     {"baseline.days"},
     fit_recent,
     NULL,
     score_by_popularity,
     NULL},
    {"item_neighbors",
     false,
     true,
     {"baseline.neighbors", "baseline.shrink", "baseline.normalize"},
     fit_item_neighbors,
     forget_neighbors,
     score_by_neighbors,
     NULL},
    {"rp3beta",
     false,
     true,
     {"baseline.neighbors", "baseline.alpha", "baseline.beta", "baseline.normalize"},
     fit_rp3beta,
     forget_neighbors,
     score_by_neighbors,
     NULL},
    {"ease", false, true, {"baseline.l2"}, fit_ease, forget_ease, score_by_ease, NULL},
    {"biases",
     false,
     false,
     {"baseline.damping"},
     fit_biases,
     forget_biases,
     NULL,
     predict_by_biases},
    {"base_rate", false, false, {NULL}, fit_base_rate, forget_biases, NULL, predict_by_biases},
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
                          .targets = td_targets_find(model, data)};
    fitted->predicts = TD_NEW(bool, fitted->targets.count);
    return system->fit(fitted, data);
}

void td_system_free(td_fitted *fitted)
{
    td_candidates_free(&fitted->candidates);
    td_free(fitted->score);
    td_free(fitted->place);
    if (fitted->system && fitted->system->forget)
        fitted->system->forget(fitted->learned);
    td_free(fitted->predicts);
    td_targets_free(&fitted->targets);
    *fitted = (td_fitted){0};
}

int td_system_predicts(const td_fitted *fitted, size_t target)
{
    if (!fitted->predicts[target])
        return 0;
    return fitted->targets.target[target].loss->is_of_classes ? TD_NEEDS_PROBABILITIES
                                                              : TD_NEEDS_PREDICTIONS;
}

td_status td_systems_fit(td_comm *comm, const td_model *model, td_dataset *data,
                         const td_config *config, td_systems *systems)
{
    const td_name_list *names = &config->eval_systems;
    if (!systems->weight)
        TD_TRY(td_candidates_count(data, config->eval_candidates, &systems->weight));
    for (size_t s = 0; s <= names->count; s++) {
        td_fitted *fitted = &systems->fitted[s];
        const td_system *system = s == 0 ? &td_all_systems[0] : td_system_find(names->name[s - 1]);
        if (s > 0 && fitted->system)
            continue;
        td_system_free(fitted);
        TD_TRY(td_system_fit(system, comm, model, data, config, systems->weight, fitted));
    }
    systems->count = names->count + 1;
    return TD_OK;
}

void td_systems_free(td_systems *systems)
{
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        td_system_free(&systems->fitted[s]);
    td_free(systems->weight);
    *systems = (td_systems){.count = 0};
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

/* A row's place, from the scores, or, among candidates that are the same for all, from those ranked
 * once. */
td_status td_system_item_places(td_fitted *fitted, const td_scorer *scorer,
                                const td_ranking *ranking, td_item_place *place)
{
    if (!fitted->system->is_same_for_all || ranking->alive)
        return td_item_places(fitted->comm, scorer, ranking, place, NULL);
    if (!fitted->place)
        TD_TRY(rank_once(fitted));
    for (size_t i = 0; i < ranking->rows; i++)
        place[i] = place_in_unseen(fitted, ranking, i);
    return TD_OK;
}
