/* The group evaluation/: embeddings of the trained model, and what they rank, by counting and by
 * sorting every item's score in double. */
#include "replay.h"

#include "../model/specs.h"
#include "base/memory.h"
#include "base/range.h"

#include <stdlib.h>

enum { LIST = 10 };

typedef struct {
    const golden_file *file;
    const td_model *model;
    const td_time_scale *times;
    size_t queries, items, width;
    int32_t *user, *item; /* (queries) */
    int32_t *bucket;      /* (queries), as the next; zeros without times */
    float *time;
    float *query, *candidate; /* (queries, width), (items, width): ours */
    float *stored;            /* room for either */
    double *scores;           /* (items): of one query */
} evaluation;

static void embed_all(evaluation *e)
{
    int32_t *all = TD_NEW(int32_t, e->items);
    for (size_t i = 0; i < e->items; i++)
        all[i] = (int32_t)i;
    td_field fields[TIME_FIELDS];
    const td_frame context = times_of(fields, (int64_t)e->queries, e->bucket, e->time);
    const td_queries queries = {e->queries, e->user, &context, NULL, NULL, NULL};
    td_field_view *views = TD_NEW(td_field_view, e->model->query.reads.count);
    td_inputs inputs = td_inputs_of_queries(e->model->spec, &queries, views);
    td_model_embed(e->model, &e->model->query, &inputs, e->query);
    td_free(views);
    views = TD_NEW(td_field_view, e->model->candidate.reads.count);
    inputs = td_inputs_of_items(e->model->spec, e->items, all, views);
    td_model_embed(e->model, &e->model->candidate, &inputs, e->candidate);
    td_free(views);
    td_free(all);
}

static td_status read_times(evaluation *e)
{
    double *times = TD_NEW(double, e->queries);
    td_status status = golden_file_reals(e->file, "evaluation/timestamp", e->queries, times);
    for (size_t i = 0; i < e->queries && status == TD_OK; i++) {
        e->bucket[i] = td_time_bucket(e->times, (int64_t)times[i]);
        e->time[i] = td_time_normalized(e->times, (int64_t)times[i]);
    }
    td_free(times);
    return status;
}

/* What the head predicts for the evaluation's rows, in tiles. */
static void predict(const evaluation *e, float *ratings)
{
    const td_model *model = e->model;
    td_layers_scratch scratch =
        td_layers_scratch_create(&td_model_head(model, TD_TASK_RATING)->head.layers);
    for (size_t done = 0; done < e->queries; done += TD_TILE_ROWS) {
        const size_t n = e->queries - done < TD_TILE_ROWS ? e->queries - done : TD_TILE_ROWS;
        const td_head_rows rows = {.count = n,
                                   .u = e->query + done * e->width,
                                   .v = e->candidate,
                                   .v_row = e->item + done};
        const float *p = td_head_predict(&td_model_head(model, TD_TASK_RATING)->head,
                                         &model->kernels, &model->parameters, &rows, &scratch);
        for (size_t i = 0; i < n; i++)
            ratings[done + i] = p[i];
    }
    td_layers_scratch_free(&scratch);
}

static double rmse_of(size_t n, const float *ratings, const float *predicted)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)ratings[i] - (double)predicted[i], 2);
    return sqrt(sum / (double)n);
}

static td_status compare_predictions(const evaluation *e, golden_errors *errors)
{
    golden_setting rmse;
    float *ours = TD_NEW(float, 3 * e->queries), *theirs = ours + e->queries;
    float *ratings = theirs + e->queries;
    predict(e, ours);
    td_status status =
        golden_file_floats(e->file, "evaluation/predicted_rating", e->queries, theirs);
    if (status == TD_OK)
        status = golden_file_floats(e->file, "evaluation/rating", e->queries, ratings);
    if (status == TD_OK)
        status = golden_file_setting(e->file, "evaluation", "rmse", &rmse);
    if (status == TD_OK) {
        double error = golden_relative(golden_distance(e->queries, ours, theirs),
                                       golden_distance(e->queries, theirs, NULL));
        errors->embeddings = golden_worse(errors->embeddings, error);
        error = fabs(rmse_of(e->queries, ratings, ours) - rmse.value[0]) / rmse.value[0];
        errors->embeddings = golden_worse(errors->embeddings, error);
    }
    td_free(ours);
    return status;
}

static td_status compare_embeddings(evaluation *e, const char *path, size_t rows, const float *ours,
                                    golden_errors *errors)
{
    const size_t n = rows * e->width;
    TD_TRY(golden_file_floats(e->file, path, n, e->stored));
    double error =
        golden_relative(golden_distance(n, ours, e->stored), golden_distance(n, e->stored, NULL));
    errors->embeddings = golden_worse(errors->embeddings, error);
    return TD_OK;
}

static void score(const evaluation *e, size_t query)
{
    for (size_t j = 0; j < e->items; j++) {
        e->scores[j] = 0;
        for (size_t k = 0; k < e->width; k++)
            e->scores[j] +=
                (double)e->query[query * e->width + k] * (double)e->candidate[j * e->width + k];
    }
}

/* Items that beat the query's own. */
static int64_t above(const evaluation *e, size_t query)
{
    int64_t count = 0;
    for (size_t j = 0; j < e->items; j++)
        count += e->scores[j] > e->scores[e->item[query]];
    return count;
}

static td_status compare_hits(const evaluation *e, golden_errors *errors)
{
    size_t n;
    int32_t ks[GOLDEN_VALUES_MAX];
    double accuracy[GOLDEN_VALUES_MAX];
    TD_TRY(golden_file_size(e->file, "evaluation/ks", &n));
    if (n == 0 || n > GOLDEN_VALUES_MAX)
        return td_fail(TD_ERR_FORMAT, "%s: evaluation/ks: %zu of them", e->file->path, n);
    TD_TRY(golden_file_ids(e->file, "evaluation/ks", n, INT32_MAX, ks));
    TD_TRY(golden_file_reals(e->file, "evaluation/top_k_categorical_accuracy", n, accuracy));
    int64_t hits[GOLDEN_VALUES_MAX] = {0};
    for (size_t q = 0; q < e->queries; q++) {
        score(e, q);
        for (size_t i = 0; i < n; i++)
            hits[i] += above(e, q) < ks[i];
    }
    errors->queries = (int64_t)e->queries;
    for (size_t i = 0; i < n; i++) {
        int64_t more = hits[i] - llround(accuracy[i] * (double)e->queries);
        errors->fewest_hits = i == 0 || more < errors->fewest_hits ? more : errors->fewest_hits;
        errors->most_hits = i == 0 || more > errors->most_hits ? more : errors->most_hits;
    }
    return TD_OK;
}

/* Tells whether the reference's list names, place by place, an item whose score is the one that
 * belongs there; rounding may swap neighbors. Scores that were taken become -infinity. */
static bool is_best(const evaluation *e, const int32_t *list)
{
    bool right = true;
    double scale = 0;
    for (size_t j = 0; j < e->items; j++)
        scale = fmax(scale, fabs(e->scores[j]));
    for (size_t p = 0; p < LIST; p++) {
        double best = -INFINITY;
        for (size_t j = 0; j < e->items; j++)
            best = fmax(best, e->scores[j]);
        right = right && best - e->scores[list[p]] <= 1e-5 * scale;
        e->scores[list[p]] = -INFINITY;
    }
    return right;
}

static td_status compare_lists(const evaluation *e, golden_errors *errors)
{
    static const char path[] = "evaluation/brute_force_top10_ids";
    size_t n;
    TD_TRY(golden_file_size(e->file, path, &n));
    if (n == 0 || n % LIST != 0 || n / LIST > e->queries)
        return td_fail(TD_ERR_FORMAT, "%s: %s: %zu elements are no lists of %d", e->file->path,
                       path, n, LIST);
    int32_t *ids = TD_NEW(int32_t, n);
    td_status status = golden_file_ids(e->file, path, n, (int64_t)e->items, ids);
    for (size_t q = 0; q < n / LIST && status == TD_OK; q++) {
        score(e, q);
        errors->lists += !is_best(e, ids + q * LIST);
    }
    td_free(ids);
    return status;
}

static td_status evaluate(evaluation *e, golden_errors *errors)
{
    const int64_t users = e->model->spec->users, items = e->model->spec->items;
    TD_TRY(golden_file_ids(e->file, "evaluation/user", e->queries, users, e->user));
    TD_TRY(golden_file_ids(e->file, "evaluation/item", e->queries, items, e->item));
    if (e->times)
        TD_TRY(read_times(e));
    embed_all(e);
    TD_TRY(compare_embeddings(e, "evaluation/query_embedding", e->queries, e->query, errors));
    TD_TRY(compare_embeddings(e, "evaluation/candidate_embedding", e->items, e->candidate, errors));
    if (td_model_head(e->model, TD_TASK_RATING) != NULL)
        TD_TRY(compare_predictions(e, errors));
    TD_TRY(compare_hits(e, errors));
    return compare_lists(e, errors);
}

td_status golden_evaluate(const golden_file *file, const golden_case *golden, const td_model *model,
                          const td_time_scale *times, golden_errors *errors)
{
    evaluation e = {.file = file,
                    .model = model,
                    .times = times,
                    .items = (size_t)golden->items,
                    .width = model->query.width};
    TD_TRY(golden_file_size(file, "evaluation/user", &e.queries));
    e.user = TD_NEW(int32_t, e.queries);
    e.item = TD_NEW(int32_t, e.queries);
    e.bucket = TD_NEW(int32_t, e.queries);
    e.time = TD_NEW(float, e.queries);
    e.query = TD_NEW(float, e.queries *e.width);
    e.candidate = TD_NEW(float, e.items *e.width);
    e.stored = TD_NEW(float, (e.queries + e.items) * e.width);
    e.scores = TD_NEW(double, e.items);
    td_status status = evaluate(&e, errors);
    td_free(e.user);
    td_free(e.item);
    td_free(e.bucket);
    td_free(e.time);
    td_free(e.query);
    td_free(e.candidate);
    td_free(e.stored);
    td_free(e.scores);
    return status;
}
