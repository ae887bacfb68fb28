/* The table of systems: what stands beside the model, and what it needs. */
#include "eval/systems.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/biases.h"
#include "eval/ease.h"
#include "eval/item_counts.h"
#include "eval/item_fields.h"
#include "eval/item_likeness.h"
#include "eval/item_neighbors.h"
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

static td_status check_recent(td_dataset *data, const td_config *config)
{
    (void)config;
    if (td_schema_with_role(&td_dataset_info(data)->schema, TD_ROLE_TIME))
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "eval.systems: recent_popularity needs times, which the data "
                                  "have not; leave it out");
}

/* C: popularity of the last days before the newest training row. */
static td_status fit_recent(td_fitted *f, td_dataset *data)
{
    const td_data_info *info = td_dataset_info(data);
    const td_schema_field *time = td_schema_with_role(&info->schema, TD_ROLE_TIME);
    const td_schema_field *item = td_schema_with_role(&info->schema, TD_ROLE_ITEM);
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

static td_status find_fields(td_dataset *data, const td_config *config, const char *system,
                             bool categories_only, td_item_fields *fields)
{
    return td_item_fields_find(&td_dataset_info(data)->schema, system, config->baseline_fields,
                               categories_only, fields);
}

static td_status check_content(td_dataset *data, const td_config *config)
{
    td_item_fields fields;
    TD_TRY(find_fields(data, config, "content_neighbors", false, &fields));
    td_item_fields_free(&fields);
    return TD_OK;
}

/* C */
static td_status fit_content(td_fitted *f, td_dataset *data)
{
    td_item_fields fields;
    td_item_likeness *likeness = NULL;
    td_neighbors *learned = NULL;
    const td_neighbor_rule rule = {.kept = f->config->baseline_neighbors,
                                   .normalize = f->config->baseline_normalize};
    TD_TRY(find_fields(data, f->config, "content_neighbors", false, &fields));
    create_candidates(f, data);
    td_status status = td_item_likeness_create(data, &fields, &likeness);
    if (status == TD_OK)
        status = td_neighbors_of_content(f->comm, data, &rule, likeness, &learned);
    f->learned = learned;
    td_item_likeness_free(likeness);
    td_item_fields_free(&fields);
    return status;
}

static td_status check_categories(td_dataset *data, const td_config *config)
{
    td_item_fields fields;
    TD_TRY(find_fields(data, config, "category_popularity", true, &fields));
    td_item_fields_free(&fields);
    return TD_OK;
}

static void embed_scores(const void *context, size_t n, const int32_t *items, float *v)
{
    const float *score = context;
    for (size_t i = 0; i < n; i++)
        v[i] = score[items[i]];
}

/* C */
static td_status fit_categories(td_fitted *f, td_dataset *data)
{
    td_item_fields fields;
    float *score = NULL;
    TD_TRY(find_fields(data, f->config, "category_popularity", true, &fields));
    const td_status status = td_category_counts_read(data, f->config, &fields, &score);
    td_item_fields_free(&fields);
    if (status == TD_OK)
        td_candidates_create(&f->candidates, f->comm, td_dataset_info(data)->items + 1, f->weight,
                             1, embed_scores, score);
    td_free(score);
    return status;
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

static td_status check_ease(td_dataset *data, const td_config *config)
{
    return td_ease_check(data, config->baseline_ease_items);
}

static td_status fit_ease(td_fitted *f, td_dataset *data)
{
    td_ease *learned = NULL;
    create_candidates(f, data);
    const td_status status =
        td_ease_create(f->comm, data, f->config->baseline_l2, &f->candidates, &learned);
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

/* Whether there is a target whose labels are classes, or are none. */
static td_status check_targets(const td_dataset *data, const td_config *config, bool is_of_classes)
{
    td_targets targets = td_targets_find(config, NULL, data);
    bool any = false;
    for (size_t t = 0; t < targets.count; t++)
        any = any || targets.target[t].loss->is_of_classes == is_of_classes;
    td_targets_free(&targets);
    if (any)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "eval.systems: %s; leave it out",
                   is_of_classes ? "base_rate needs a task of kind classification"
                                 : "biases needs labels that are numbers");
}

static td_status check_biases(td_dataset *data, const td_config *config)
{
    return check_targets(data, config, false);
}

static td_status check_base_rate(td_dataset *data, const td_config *config)
{
    return check_targets(data, config, true);
}

/* C: of every target whose labels are classes, or are none. */
static td_status fit_to_targets(td_fitted *f, td_dataset *data, bool is_of_classes)
{
    td_biases *learned = NULL;
    const td_bias_rule rule = {f->config->baseline_damping, is_of_classes};
    for (size_t t = 0; t < f->targets.count; t++)
        f->predicts[t] = f->targets.target[t].loss->is_of_classes == is_of_classes;
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
    {.name = "model",
     .scores_new_items = true,
     .fit = td_model_system_fit,
     .score = td_model_system_score,
     .predict = td_model_system_predict},
    {.name = "popularity",
     .is_same_for_all = true,
     .fit = fit_popularity,
     .score = score_by_popularity},
    {.name = "recent_popularity",
     .is_same_for_all = true,
     .keys = {"baseline.days"},
     .check = check_recent,
     .fit = fit_recent,
     .score = score_by_popularity},
    {.name = "item_neighbors",
     .reads_items = true,
     .keys = {"baseline.neighbors", "baseline.shrink", "baseline.normalize"},
     .fit = fit_item_neighbors,
     .forget = forget_neighbors,
     .score = score_by_neighbors},
    {.name = "rp3beta",
     .reads_items = true,
     .keys = {"baseline.neighbors", "baseline.alpha", "baseline.beta", "baseline.normalize"},
     .fit = fit_rp3beta,
     .forget = forget_neighbors,
     .score = score_by_neighbors},
    {.name = "ease",
     .reads_items = true,
     .keys = {"baseline.l2"},
     .check = check_ease,
     .fit = fit_ease,
     .forget = forget_ease,
     .score = score_by_ease},
    {.name = "biases",
     .keys = {"baseline.damping"},
     .check = check_biases,
     .fit = fit_biases,
     .forget = forget_biases,
     .predict = predict_by_biases},
    {.name = "base_rate",
     .check = check_base_rate,
     .fit = fit_base_rate,
     .forget = forget_biases,
     .predict = predict_by_biases},
    {.name = "category_popularity",
     .is_same_for_all = true,
     .scores_new_items = true,
     .keys = {"baseline.fields"},
     .check = check_categories,
     .fit = fit_categories,
     .score = score_by_popularity},
    {.name = "content_neighbors",
     .reads_items = true,
     .scores_new_items = true,
     .keys = {"baseline.neighbors", "baseline.normalize", "baseline.fields"},
     .check = check_content,
     .fit = fit_content,
     .forget = forget_neighbors,
     .score = score_by_neighbors},
};

const td_system *td_system_find(const char *name)
{
    for (size_t s = 0; s < TD_SYSTEMS; s++)
        if (strcmp(td_all_systems[s].name, name) == 0)
            return &td_all_systems[s];
    return NULL;
}
