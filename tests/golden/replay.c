/* The steps of a reference file. Step s trains on rows [(s - 1) batch, s batch), cut into row tiles
 * of TILE rows that the ranks share, whatever users are in them. */
#include "replay.h"

#include "base/memory.h"
#include "base/share.h"
#include "train/step.h"

#include <stdio.h>

enum { TILE = 16 };

typedef struct {
    td_comm *comm;
    const golden_file *file;
    const golden_case *golden;
    golden_errors *errors;
    td_model *model;
    td_rows rows;   /* of all steps */
    float *initial; /* (size of the parameters), as the next */
    float *stored;
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

static void path_of(const char *group, const td_tensor *tensor, char path[GOLDEN_PATH_MAX])
{
    snprintf(path, GOLDEN_PATH_MAX, "%s/%s", group, tensor->name);
}

/* Reads every tensor of a group into a block; the group must hold nothing else. */
static td_status read_parameters(const replay *r, const char *group, float *block)
{
    const td_parameters *parameters = &r->model->parameters;
    size_t found;
    TD_TRY(golden_file_datasets(r->file, group, &found));
    if (found != parameters->count)
        return td_fail(TD_ERR_FORMAT, "%s: %s has %zu tensors, but the model %zu", r->file->path,
                       group, found, parameters->count);
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        char path[GOLDEN_PATH_MAX];
        path_of(group, tensor, path);
        TD_TRY(golden_file_floats(r->file, path, elements(tensor), block + tensor->offset));
    }
    return TD_OK;
}

/* Reads gradients; a tensor that the reference gave none has a gradient of 0. */
static td_status read_gradients(const replay *r, float *block)
{
    const td_parameters *parameters = &r->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        char path[GOLDEN_PATH_MAX];
        path_of("gradient_step_1", tensor, path);
        if (golden_file_has(r->file, path))
            TD_TRY(golden_file_floats(r->file, path, elements(tensor), block + tensor->offset));
    }
    return TD_OK;
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

static td_status create_model(replay *r)
{
    const golden_case *golden = r->golden;
    const td_sizes sizes = {.users = golden->users, .items = golden->items};
    const int64_t width = golden->config.model_width;
    td_kernels kernels;
    TD_TRY(check_table(r->file, "initial/user_table/weight", sizes.users, width));
    TD_TRY(check_table(r->file, "initial/item_table/weight", sizes.items, width));
    TD_TRY(td_kernels_find(NULL, golden->config.math_kernels == TD_KERNELS_OPENBLAS, &kernels));
    TD_TRY(td_model_create(&golden->config, &sizes, &kernels, &r->model));
    td_parameters *parameters = &r->model->parameters;
    td_model_initialize(r->model);
    r->initial = TD_NEW(float, parameters->size);
    r->stored = TD_NEW(float, parameters->size);
    TD_TRY(read_parameters(r, "initial", r->initial));
    for (size_t i = 0; i < parameters->size; i++)
        parameters->values[i] = r->initial[i];
    td_model_refresh(r->model);
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
    TD_TRY(golden_file_ids(r->file, "data/user", n, r->golden->users, r->rows.user));
    TD_TRY(golden_file_ids(r->file, "data/item", n, r->golden->items, r->rows.item));
    TD_TRY(golden_file_floats(r->file, "data/rating", n, r->rows.rating));
    for (size_t i = 0; i < n; i++)
        r->rows.weight[i] = 1;
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
    return (td_batch_limits){batch, end - *first_row, tiles, TILE};
}

static td_rows rows_from(const td_rows *rows, int64_t first, int64_t count)
{
    return (td_rows){count,
                     rows->user + first,
                     rows->item + first,
                     rows->rating + first,
                     rows->weight + first,
                     rows->timestamp + first,
                     rows->row + first,
                     rows->bucket + first,
                     rows->time + first};
}

static td_batch batch_of(const replay *r, int64_t step, int64_t *offsets)
{
    int64_t first, rows = limits_of(r, &first).my_rows;
    td_batch batch = {.rows = rows_from(&r->rows, step * r->golden->batch + first, rows),
                      .offsets = offsets};
    for (int64_t done = 0; done < rows; done += TILE) {
        offsets[batch.tiles] = done;
        offsets[++batch.tiles] = done + TILE < rows ? done + TILE : rows;
    }
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

static void compare_gradients(const replay *r, const float *ours)
{
    const td_parameters *parameters = &r->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const size_t at = parameters->tensor[i].offset, n = elements(&parameters->tensor[i]);
        double error = golden_relative(golden_distance(n, ours + at, r->stored + at),
                                       golden_distance(n, r->stored + at, NULL));
        r->errors->gradients = golden_worse(r->errors->gradients, error);
    }
}

static void compare_parameters(const replay *r)
{
    const td_parameters *parameters = &r->model->parameters;
    for (size_t i = 0; i < parameters->count; i++) {
        const size_t at = parameters->tensor[i].offset, n = elements(&parameters->tensor[i]);
        double error = golden_relative(golden_distance(n, parameters->values + at, r->stored + at),
                                       golden_distance(n, r->stored + at, r->initial + at));
        r->errors->parameters = golden_worse(r->errors->parameters, error);
    }
}

static td_status compare_first_gradient(const replay *r, const td_trainer *trainer)
{
    const size_t size = r->model->parameters.size;
    float *gradient = TD_NEW(float, size);
    td_trainer_gradient(trainer, gradient);
    for (size_t i = 0; i < size; i++)
        r->stored[i] = 0;
    td_status status = read_gradients(r, r->stored);
    if (status == TD_OK)
        compare_gradients(r, gradient);
    td_free(gradient);
    return status;
}

static td_status compare_step(const replay *r, int64_t step, const td_trainer *trainer,
                              const td_step_report *report)
{
    char group[GOLDEN_PATH_MAX];
    snprintf(group, sizeof group, "step_%lld", (long long)step + 1);
    double loss = ldexp((double)report->retrieval_loss, -TD_EXACT_TOTAL);
    TD_TRY(compare_loss(r, group, "retrieval_loss", loss));
    TD_TRY(compare_loss(r, group, "rating_loss", 0));
    TD_TRY(compare_loss(r, group, "total_loss", loss));
    if (step == 0)
        TD_TRY(compare_first_gradient(r, trainer));
    TD_TRY(read_parameters(r, group, r->stored));
    compare_parameters(r);
    return TD_OK;
}

static td_status train(replay *r)
{
    int64_t first_row;
    td_status status = TD_OK;
    const td_batch_limits limits = limits_of(r, &first_row);
    td_trainer *trainer = td_trainer_create(r->comm, r->model, &limits);
    int64_t *offsets = TD_NEW(int64_t, (size_t)limits.tiles + 1);
    for (int64_t s = 0; s < r->golden->steps && status == TD_OK; s++) {
        td_step_report report;
        td_batch batch = batch_of(r, s, offsets);
        status = td_trainer_step(trainer, &batch, s + 1, &report);
        if (status == TD_OK)
            status = td_comm_agree(r->comm, compare_step(r, s, trainer, &report));
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
        status = td_comm_agree(comm, golden_evaluate(file, golden, r.model, errors));
    td_model_free(r.model);
    td_rows_free(&r.rows);
    td_free(r.initial);
    td_free(r.stored);
    return status;
}
