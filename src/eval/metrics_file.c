/* Metrics on disk. The values are the same on every rank; each writes its share of the rows. */
#include "eval/metrics.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/row_checksum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME = 96 };

#define MODEL      "top_k_categorical_accuracy"
#define POPULARITY "popularity_top_k_categorical_accuracy"
#define RMSE       "root_mean_squared_error"
#define MAE        "mean_absolute_error"

/* A group of metrics in an open file. */
typedef struct {
    td_file *file;
    td_comm *comm;
    const char *prefix;
    const char *name;
} group;

/* What is done to one dataset of a group: made, or filled. */
typedef td_status to_dataset(const group *g, const char *path, td_shape shape, const void *values);

static void path_of(const group *g, const char *dataset, char path[NAME])
{
    snprintf(path, NAME, "%s%s%s%s", g->prefix, g->name, *dataset ? "/" : "", dataset);
}

/* This rank's share of the rows of values, which are the same on every rank. */
static const void *share(const group *g, td_shape shape, const void *values, int64_t *first,
                         int64_t *rows)
{
    td_comm_share(g->comm, shape.rows, first, rows);
    return (const char *)values + (size_t)*first * td_shape_row_bytes(shape);
}

static td_status make(const group *g, const char *path, td_shape shape, const void *values)
{
    int64_t first, rows;
    const void *mine = share(g, shape, values, &first, &rows);
    return td_file_make_checked(g->file, path, shape, first, rows, mine);
}

static td_status fill(const group *g, const char *path, td_shape shape, const void *values)
{
    int64_t first, rows;
    const void *mine = share(g, shape, values, &first, &rows);
    return td_file_write_rows(g->file, path, first, rows, mine);
}

static td_status apply(const group *g, to_dataset *act, const char *name, td_shape shape,
                       const void *values)
{
    char path[NAME];
    path_of(g, name, path);
    return act(g, path, shape, values);
}

static td_status each_of_split(const group *g, to_dataset *act, const td_split_metrics *split)
{
    const int64_t rows = (int64_t)split->count, columns = (int64_t)split->columns;
    const td_shape shape = {TD_FLOAT64, rows, columns};
    if (rows == 0)
        return TD_OK;
    TD_TRY(apply(g, act, "step", (td_shape){TD_INT64, rows, 0}, split->steps));
    TD_TRY(apply(g, act, "rows", (td_shape){TD_INT64, rows, 0}, split->rows));
    TD_TRY(apply(g, act, "k", (td_shape){TD_INT64, columns, 0}, split->ks));
    TD_TRY(apply(g, act, MODEL, shape, split->model));
    TD_TRY(apply(g, act, POPULARITY, shape, split->popularity));
    TD_TRY(apply(g, act, RMSE, (td_shape){TD_FLOAT64, rows, 0}, split->rmse));
    return apply(g, act, MAE, (td_shape){TD_FLOAT64, rows, 0}, split->mae);
}

static td_status each_of_training(const group *g, to_dataset *act, const td_loss_metrics *training)
{
    const int64_t rows = (int64_t)training->count;
    if (rows == 0)
        return TD_OK;
    TD_TRY(apply(g, act, "step", (td_shape){TD_INT64, rows, 0}, training->steps));
    const td_shape shape = {TD_FLOAT64, rows, 0};
    TD_TRY(apply(g, act, "retrieval_loss", shape, training->retrieval));
    return apply(g, act, "rating_loss", shape, training->rating);
}

static td_status each_of_all(td_file *file, td_comm *comm, const char *prefix, to_dataset *act,
                             const td_metrics *metrics)
{
    for (int i = 0; i < TD_SPLITS; i++) {
        const group g = {file, comm, prefix, td_split_name((td_split)i)};
        TD_TRY(each_of_split(&g, act, &metrics->split[i]));
    }
    const group g = {file, comm, prefix, "training"};
    return each_of_training(&g, act, &metrics->training);
}

td_status td_metrics_make(td_file *file, td_comm *comm, const char *prefix,
                          const td_metrics *metrics)
{
    return each_of_all(file, comm, prefix, make, metrics);
}

td_status td_metrics_fill(td_file *file, td_comm *comm, const char *prefix,
                          const td_metrics *metrics)
{
    return each_of_all(file, comm, prefix, fill, metrics);
}

td_status td_metrics_save(td_comm *comm, const char *path, const td_metrics *metrics,
                          const td_file_guard *guard)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_METRICS_FORMAT, TD_METRICS_VERSION, &file));
    td_file_set_guard(file, guard);
    td_status status = td_metrics_make(file, comm, "", metrics);
    if (status == TD_OK)
        status = td_metrics_fill(file, comm, "", metrics);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

/* Reads a dataset of this shape; columns 0 for a vector. */
static td_status read_values(const group *g, const char *name, td_shape expected, void **values)
{
    char path[NAME];
    td_shape shape;
    path_of(g, name, path);
    TD_TRY(td_file_read(g->file, path, expected.type, &shape, values));
    if (shape.rows == expected.rows && shape.columns == expected.columns) {
        int64_t first, rows;
        const void *mine = share(g, shape, *values, &first, &rows);
        return td_file_check_rows(g->file, path, shape, first, rows, mine);
    }
    return td_fail(TD_ERR_FORMAT, "%s: %s has %lld x %lld values; expected %lld x %lld",
                   td_file_path(g->file), path, (long long)shape.rows, (long long)shape.columns,
                   (long long)expected.rows, (long long)expected.columns);
}

/* Reads a vector of ascending numbers. */
static td_status read_ascending(const group *g, const char *name, size_t *count, int64_t **values)
{
    char path[NAME];
    td_shape shape;
    path_of(g, name, path);
    TD_TRY(td_file_shape(g->file, path, &shape));
    shape = (td_shape){TD_INT64, shape.rows, 0};
    TD_TRY(read_values(g, name, shape, (void **)values));
    *count = (size_t)shape.rows;
    for (size_t i = 1; i < *count; i++)
        if ((*values)[i - 1] >= (*values)[i])
            return td_fail(TD_ERR_FORMAT, "%s: %s does not ascend", td_file_path(g->file), path);
    return TD_OK;
}

static td_status has_group(const group *g, bool *has)
{
    char path[NAME];
    path_of(g, "", path);
    return td_file_has(g->file, path, has);
}

static td_status read_split(const group *g, td_split_metrics *split)
{
    bool has;
    TD_TRY(has_group(g, &has));
    if (!has)
        return TD_OK;
    TD_TRY(read_ascending(g, "step", &split->count, &split->steps));
    TD_TRY(read_values(g, "rows", (td_shape){TD_INT64, (int64_t)split->count, 0},
                       (void **)&split->rows));
    TD_TRY(read_ascending(g, "k", &split->columns, &split->ks));
    const td_shape shape = {TD_FLOAT64, (int64_t)split->count, (int64_t)split->columns};
    TD_TRY(read_values(g, MODEL, shape, (void **)&split->model));
    TD_TRY(read_values(g, POPULARITY, shape, (void **)&split->popularity));
    const td_shape vector = {TD_FLOAT64, shape.rows, 0};
    TD_TRY(read_values(g, RMSE, vector, (void **)&split->rmse));
    return read_values(g, MAE, vector, (void **)&split->mae);
}

static td_status read_training(const group *g, td_loss_metrics *training)
{
    bool has;
    TD_TRY(has_group(g, &has));
    if (!has)
        return TD_OK;
    TD_TRY(read_ascending(g, "step", &training->count, &training->steps));
    const td_shape shape = {TD_FLOAT64, (int64_t)training->count, 0};
    TD_TRY(read_values(g, "retrieval_loss", shape, (void **)&training->retrieval));
    return read_values(g, "rating_loss", shape, (void **)&training->rating);
}

td_status td_metrics_read(td_file *file, td_comm *comm, const char *prefix, td_metrics *metrics)
{
    td_status status = TD_OK;
    *metrics = (td_metrics){0};
    for (int i = 0; i < TD_SPLITS && status == TD_OK; i++) {
        const group g = {file, comm, prefix, td_split_name((td_split)i)};
        status = read_split(&g, &metrics->split[i]);
    }
    const group g = {file, comm, prefix, "training"};
    if (status == TD_OK)
        status = read_training(&g, &metrics->training);
    if (status != TD_OK)
        td_metrics_free(metrics);
    return status;
}

/* Tells, the same on every rank, whether there is no file at path. */
static bool is_missing(td_comm *comm, const char *path)
{
    int64_t missing = td_comm_rank(comm) == 0 && access(path, F_OK) != 0 && errno == ENOENT;
    td_comm_sum(comm, 1, &missing);
    return missing != 0;
}

td_status td_metrics_load(td_comm *comm, const char *path, td_metrics *metrics)
{
    td_file *file;
    *metrics = (td_metrics){0};
    if (is_missing(comm, path))
        return TD_OK;
    TD_TRY(td_file_open(comm, path, TD_METRICS_FORMAT, TD_METRICS_VERSION, &file));
    td_status status = td_metrics_read(file, comm, "", metrics);
    td_file_discard(file);
    return status;
}

td_status td_metrics_restore(td_comm *comm, const char *path, td_metrics *metrics)
{
    td_status status = td_metrics_load(comm, path, metrics);
    if (status != TD_ERR_FORMAT)
        return status;
    td_warn("%s; the metrics are made anew of what the run knows, without those of later "
            "evaluations",
            td_message());
    *metrics = (td_metrics){0};
    return TD_OK;
}
