/* The steps of a reference file. Step s trains on rows [(s - 1) batch, s batch), cut into row tiles
 * of TILE rows that the ranks share, whatever users are in them. */
#include "replay.h"

#include "../model/specs.h"
#include "base/memory.h"
#include "base/range.h"
#include "math/elementary.h"
#include "train/step.h"

#include <stdio.h>

enum { TILE = 16 };

typedef struct {
    td_comm *comm;
    const golden_file *file;
    const golden_case *golden;
    golden_errors *errors;
    spec_data spec;
    td_model *model;
    td_time_scale times;
    int64_t *title_offsets; /* (items + 1) */
    int32_t *title_tokens;
    float *item_bias; /* (items) */
    td_rows rows;     /* of all steps, as the next two */
    int32_t *bucket;
    float *time;
    td_field *fields; /* of what the query tower reads of a batch, then of all ranks' */
    float *initial;   /* (size of the parameters), as the next */
    float *stored;
    golden_zero zero;
} replay;

double golden_distance(size_t n, const float *x, const float *y)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = golden_worse(largest, fabs((double)x[i] - (y ? (double)y[i] : 0)));
    return largest;
}

static size_t elements(const td_tensor *tensor)
{
    return tensor->rows * tensor->columns;
}

/* Reads the tensors of a group into a block; where some may be missing, only those that are there.
 */
static td_status read_tensors(const replay *r, const char *group, bool may_lack, float *block)
{
    const td_parameters *parameters = &r->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        char path[GOLDEN_PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", group, tensor->name);
        if (!may_lack || golden_file_has(r->file, path))
            TD_TRY(golden_file_floats(r->file, path, elements(tensor), block + tensor->offset));
    }
    return TD_OK;
}

/* Reads every tensor of a group; the group must hold nothing else. */
static td_status read_parameters(const replay *r, const char *group, float *block)
{
    const size_t count = r->model->parameters.count;
    size_t found;
    TD_TRY(golden_file_datasets(r->file, group, &found));
    if (found != count)
        return td_fail(TD_ERR_FORMAT, "%s: %s has %zu tensors, but the model %zu", r->file->path,
                       group, found, count);
    return read_tensors(r, group, false, block);
}

/* Before anything is allocated: a file may claim tables of any size. */
static td_status check_table(const golden_file *file, const char *path, int64_t rows, int64_t width)
{
    size_t found;
    TD_TRY(golden_file_size(file, path, &found));
    if (found != (size_t)rows * (size_t)width)
        return td_fail(TD_ERR_FORMAT, "%s: %s: expected %lld x %lld elements, found %zu",
                       file->path, path, (long long)rows, (long long)width, found);
    return TD_OK;
}

/* The reference's own edges and moments. */
static td_status read_times(replay *r)
{
    const size_t n = (size_t)r->golden->edges;
    double variance;
    r->times.count = n;
    r->times.edges = TD_NEW(float, n);
    TD_TRY(golden_file_floats(r->file, "data/bucket_edges", n, r->times.edges));
    TD_TRY(golden_file_reals(r->file, "data/timestamp_mean", 1, &r->times.mean));
    TD_TRY(golden_file_reals(r->file, "data/timestamp_variance", 1, &variance));
    r->times.deviation = fmax(sqrt(variance), 1e-7);
    return TD_OK;
}

static td_status read_titles(replay *r)
{
    const size_t n = (size_t)r->golden->items + 1;
    size_t tokens;
    TD_TRY(golden_file_size(r->file, "data/tokens", &tokens));
    int32_t *offsets = TD_NEW(int32_t, n);
    td_status status =
        golden_file_ids(r->file, "data/token_offsets", n, (int64_t)tokens + 1, offsets);
    r->title_offsets = TD_NEW(int64_t, n);
    for (size_t i = 0; i < n; i++)
        r->title_offsets[i] = offsets[i];
    for (size_t i = 1; i < n && status == TD_OK; i++)
        if (offsets[0] != 0 || offsets[i] < offsets[i - 1])
            status = td_fail(TD_ERR_FORMAT, "%s: data/token_offsets do not rise", r->file->path);
    td_free(offsets);
    TD_TRY(status);
    r->title_tokens = TD_NEW(int32_t, tokens);
    return golden_file_ids(r->file, "data/tokens", tokens, r->golden->tokens, r->title_tokens);
}

static td_status read_item_bias(replay *r)
{
    const size_t n = (size_t)r->golden->items;
    r->item_bias = TD_NEW(float, n);
    TD_TRY(golden_file_floats(r->file, "data/probability", n, r->item_bias));
    for (size_t i = 0; i < n; i++)
        r->item_bias[i] = -td_ln(fminf(fmaxf(r->item_bias[i], 1e-6F), 1));
    return TD_OK;
}

static td_status read_what_the_model_needs(replay *r)
{
    if (r->golden->time)
        TD_TRY(read_times(r));
    if (r->golden->text)
        TD_TRY(read_titles(r));
    return r->golden->config.retrieval_log_q ? read_item_bias(r) : TD_OK;
}

static td_status create_model(replay *r)
{
    const golden_case *golden = r->golden;
    const int64_t width = golden->config.model_width;
    td_kernels kernels;
    TD_TRY(check_table(r->file, "initial/user_table/weight", golden->users, width));
    TD_TRY(check_table(r->file, "initial/item_table/weight", golden->items, width));
    TD_TRY(td_kernels_find(NULL, golden->config.math_kernels == TD_KERNELS_OPENBLAS, &kernels));
    TD_TRY(read_what_the_model_needs(r));
    r->spec = spec_of(&golden->config, golden->users, golden->items,
                      golden->text ? golden->tokens : 0, r->title_offsets, r->title_tokens);
    TD_TRY(td_model_create(&golden->config, r->spec.spec, &kernels, NULL, &r->model));
    td_parameters *parameters = &r->model->parameters;
    td_model_initialize(r->model);
    r->initial = TD_NEW(float, parameters->size);
    r->stored = TD_NEW(float, parameters->size);
    TD_TRY(read_parameters(r, "initial", r->initial));
    for (size_t i = 0; i < parameters->size; i++)
        parameters->values[i] = r->initial[i];
    td_model_refresh(r->model, NULL);
    r->zero = golden_zero_find(&golden->config, r->model);
    return TD_OK;
}

static td_status read_rows(replay *r)
{
    size_t found, n = (size_t)(r->golden->batch * r->golden->steps);
    TD_TRY(golden_file_size(r->file, "data/user", &found));
    if (found != n)
        return td_fail(TD_ERR_FORMAT, "%s: data/user: expected batch x steps = %zu rows, found %zu",
                       r->file->path, n, found);
    r->rows = td_rows_allocate((int64_t)n);
    r->bucket = TD_NEW(int32_t, n);
    r->time = TD_NEW(float, n);
    r->fields = TD_NEW(td_field, 2 * (size_t)TIME_FIELDS);
    TD_TRY(golden_file_ids(r->file, "data/user", n, r->golden->users, r->rows.user));
    TD_TRY(golden_file_ids(r->file, "data/item", n, r->golden->items, r->rows.item));
    TD_TRY(golden_file_floats(r->file, "data/rating", n, r->rows.rating));
    if (r->golden->time) {
        TD_TRY(golden_file_ids(r->file, "data/bucket_of_row", n, r->golden->edges + 1, r->bucket));
        TD_TRY(golden_file_floats(r->file, "data/normalized_timestamp", n, r->time));
    }
    return r->golden->weighted ? golden_file_floats(r->file, "data/weight", n, r->rows.weight)
                               : TD_OK;
}

/* This rank's tiles of a step, and its limits. */
static td_batch_limits limits_of(const replay *r, int64_t *first_row)
{
    const int64_t batch = r->golden->batch, tiles = (batch - 1) / TILE + 1;
    int64_t first, count;
    td_comm_share(r->comm, tiles, &first, &count);
    int64_t end = (first + count) * TILE < batch ? (first + count) * TILE : batch;
    *first_row = first * TILE < batch ? first * TILE : batch;
    return (td_batch_limits){.rows = batch,
                             .my_rows = end - *first_row,
                             .met_rows = batch,
                             .group_rows = batch,
                             .tiles = tiles,
                             .tile_rows = TILE};
}

static td_rows rows_from(const replay *r, int64_t first, int64_t count, td_field *fields)
{
    const td_rows *rows = &r->rows;
    return (td_rows){.count = count,
                     .user = rows->user + first,
                     .item = rows->item + first,
                     .rating = rows->rating + first,
                     .weight = rows->weight + first,
                     .timestamp = rows->timestamp + first,
                     .row = rows->row + first,
                     .frame = times_of(fields, count, r->bucket + first, r->time + first)};
}

static td_batch batch_of(const replay *r, int64_t step, int64_t *offsets, size_t *group_tiles)
{
    int64_t first;
    const td_batch_limits limits = limits_of(r, &first);
    const int64_t rows = limits.my_rows;
    td_batch batch = {.all_rows = limits.rows,
                      .rows = rows_from(r, step * r->golden->batch + first, rows, r->fields),
                      .offsets = offsets,
                      .groups = 1,
                      .group_tiles = group_tiles};
    for (int64_t done = 0; done < rows; done += TILE) {
        offsets[batch.tiles] = done;
        offsets[++batch.tiles] = done + TILE < rows ? done + TILE : rows;
    }
    group_tiles[0] = 0;
    group_tiles[1] = batch.tiles;
    return batch;
}

static td_status compare_loss(const replay *r, const char *group, const char *name, double loss)
{
    golden_setting stored;
    TD_TRY(golden_file_setting(r->file, group, name, &stored));
    if (stored.count != 1)
        return td_fail(TD_ERR_FORMAT, "%s: %s has no number %s", r->file->path, group, name);
    double error = golden_relative(fabs(loss - stored.value[0]), fabs(stored.value[0]));
    r->errors->losses = golden_worse(r->errors->losses, error);
    return TD_OK;
}

/* The worst error of all tensors, each relative to the largest |to - from| of its own in the
 * reference; a tensor whose true gradient is zero must stay below the limit on both sides, and the
 * excess is its error. from NULL: zeros. */
static double worst_tensor(const replay *r, const float *ours, const float *from, const float *to,
                           double zero_limit)
{
    const td_parameters *parameters = &r->model->parameters;
    double worst = 0;
    for (size_t i = 0; i < parameters->count; i++) {
        const size_t at = parameters->tensor[i].offset, n = elements(&parameters->tensor[i]);
        const float *start = from ? from + at : NULL;
        const double scale = golden_distance(n, to + at, start);
        double error = golden_relative(golden_distance(n, ours + at, to + at), scale);
        if (&parameters->tensor[i] == r->zero.tensor) {
            error = golden_worse(scale, golden_distance(n, ours + at, start));
            error = error <= zero_limit ? 0 : error / zero_limit;
        }
        worst = golden_worse(worst, error);
    }
    return worst;
}

static td_status compare_first_gradient(const replay *r, const td_trainer *trainer)
{
    const size_t size = r->model->parameters.size;
    float *gradient = TD_NEW(float, size);
    td_trainer_gradient(trainer, gradient);
    for (size_t i = 0; i < size; i++)
        r->stored[i] = 0;
    /* A tensor that the reference gave no gradient has one of 0. */
    td_status status = read_tensors(r, "gradient_step_1", true, r->stored);
    if (status == TD_OK)
        r->errors->gradients = golden_worse(
            r->errors->gradients, worst_tensor(r, gradient, NULL, r->stored, r->zero.gradient));
    td_free(gradient);
    return status;
}

/* losses: of retrieval, and of ratings, 0 without a head. */
static td_status compare_losses(const replay *r, const char *group, const td_task_loss *losses,
                                int64_t rows)
{
    const td_config *config = &r->golden->config;
    const double retrieval = ldexp((double)losses[0].sum, -TD_EXACT_TOTAL);
    const double rating = ldexp((double)losses[1].sum, -TD_EXACT_TOTAL) / (double)rows;
    TD_TRY(compare_loss(r, group, "retrieval_loss", retrieval));
    TD_TRY(compare_loss(r, group, "rating_loss", rating));
    return compare_loss(r, group, "total_loss",
                        config->retrieval_weight * retrieval + config->rating_weight * rating);
}

/* Goes on with the reference's rounding errors, which would differ from ours in what follows:
 * embeddings, predictions and the tensor's own next change. */
static void adopt_zero_tensor(const replay *r)
{
    const td_tensor *zero = r->zero.tensor;
    float *values = r->model->parameters.values;
    for (size_t i = 0; zero && i < elements(zero); i++)
        values[zero->offset + i] = r->initial[zero->offset + i] = r->stored[zero->offset + i];
    td_model_refresh(r->model, NULL);
}

static td_status compare_step(const replay *r, int64_t step, const td_trainer *trainer,
                              const td_task_loss *losses, int64_t rows)
{
    char group[GOLDEN_PATH_MAX];
    snprintf(group, sizeof group, "step_%lld", (long long)step + 1);
    TD_TRY(compare_losses(r, group, losses, rows));
    if (step == 0)
        TD_TRY(compare_first_gradient(r, trainer));
    TD_TRY(read_parameters(r, group, r->stored));
    r->errors->parameters =
        golden_worse(r->errors->parameters, worst_tensor(r, r->model->parameters.values, r->initial,
                                                         r->stored, r->zero.change));
    adopt_zero_tensor(r);
    return TD_OK;
}

/* One step; the loss of a task without weight, which training leaves out, is measured before. */
static td_status train_step(const replay *r, td_trainer *trainer, const td_batch *batch,
                            int64_t number, td_task_loss *losses, int64_t *rows)
{
    td_step_report report;
    const td_step step = {.batch = batch, .number = number};
    td_step measured = step;
    measured.measures = true;
    TD_TRY(td_trainer_step(trainer, &measured, &report));
    for (size_t k = 0; k < r->model->tasks; k++)
        losses[k] = report.losses[k];
    TD_TRY(td_trainer_step(trainer, &step, &report));
    for (size_t k = 0; k < r->model->tasks; k++)
        if (r->model->task[k].is.weight > 0)
            losses[k] = report.losses[k];
    *rows = report.rows;
    return TD_OK;
}

static td_status train(replay *r)
{
    int64_t first_row;
    td_status status = TD_OK;
    const td_batch_limits limits = limits_of(r, &first_row);
    td_trainer *trainer = td_trainer_create(r->comm, r->model, r->item_bias, &limits);
    int64_t *offsets = TD_NEW(int64_t, (size_t)limits.tiles + 1);
    size_t group_tiles[2];
    for (int64_t s = 0; s < r->golden->steps && status == TD_OK; s++) {
        int64_t rows = 0;
        td_task_loss losses[2] = {0};
        td_batch batch = batch_of(r, s, offsets, group_tiles);
        const td_rows all =
            rows_from(r, s * batch.all_rows, batch.all_rows, r->fields + TIME_FIELDS);
        golden_zero_limit(&r->zero, &r->golden->config, r->model, &all);
        status = train_step(r, trainer, &batch, s + 1, losses, &rows);
        if (status == TD_OK)
            status = td_comm_agree(r->comm, compare_step(r, s, trainer, losses, rows));
    }
    td_free(offsets);
    td_trainer_free(trainer);
    return status;
}

static td_status prepare(replay *r)
{
    TD_TRY(create_model(r));
    return read_rows(r);
}

td_status golden_replay(td_comm *comm, const golden_file *file, const golden_case *golden,
                        golden_errors *errors)
{
    replay r = {.comm = comm, .file = file, .golden = golden, .errors = errors};
    *errors = (golden_errors){0};
    td_status status = td_comm_agree(comm, prepare(&r));
    if (status == TD_OK)
        status = train(&r);
    if (status == TD_OK)
        status = td_comm_agree(
            comm, golden_evaluate(file, golden, r.model, golden->time ? &r.times : NULL, errors));
    td_model_free(r.model);
    spec_free(&r.spec);
    td_rows_free(&r.rows);
    td_free(r.bucket);
    td_free(r.time);
    td_free(r.fields);
    td_time_scale_free(&r.times);
    td_free(r.title_offsets);
    td_free(r.title_tokens);
    td_free(r.item_bias);
    td_free(r.initial);
    td_free(r.stored);
    return status;
}
