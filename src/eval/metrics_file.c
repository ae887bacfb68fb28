/* Metrics on disk. The values are the same on every rank; each writes its share of the rows. */
#include "eval/metrics.h"

#include "base/log.h"
#include "base/look.h"
#include "base/memory.h"
#include "store/checksum.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 1024 };

/* This rank's share of the rows of values, which are the same on every rank. */
static const void *share(td_file *file, td_shape shape, const void *values, int64_t *first,
                         int64_t *rows)
{
    td_comm_share(td_file_comm(file), shape.rows, first, rows);
    return (const char *)values + (size_t)*first * td_shape_row_bytes(shape);
}

static td_status apply(td_file *file, const char *prefix, const td_metrics_table *table,
                       td_file_part *act, const char *name, td_shape shape, const void *values)
{
    char path[NAME];
    int64_t first, rows;
    const void *mine = share(file, shape, values, &first, &rows);
    snprintf(path, sizeof path, "%s%s/%s", prefix, table->name, name);
    return act(file, path, shape, first, rows, mine);
}

static td_shape shape_of(const td_metrics_table *table, bool has_k)
{
    return (td_shape){TD_FLOAT64, (int64_t)table->steps, has_k ? (int64_t)table->ks : 0};
}

/* Steps and ks, then a dataset for each column. */
static td_status each_of_table(td_file *file, const char *prefix, const td_metrics_table *table,
                               td_file_part *act)
{
    const td_shape steps = {TD_INT64, (int64_t)table->steps, 0};
    const td_shape ks = {TD_INT64, (int64_t)table->ks, 0};
    TD_TRY(apply(file, prefix, table, act, "step", steps, table->step));
    if (table->ks > 0)
        TD_TRY(apply(file, prefix, table, act, "k", ks, table->k));
    for (size_t c = 0; c < table->columns; c++) {
        const td_metrics_column *column = &table->column[c];
        TD_TRY(apply(file, prefix, table, act, column->name, shape_of(table, column->has_k),
                     column->value));
    }
    return TD_OK;
}

/* Tables without steps are not there. */
static td_status each_of_all(td_file *file, const char *prefix, const td_metrics *metrics,
                             td_file_part *act)
{
    for (size_t t = 0; t < metrics->count; t++)
        if (metrics->table[t].steps > 0)
            TD_TRY(each_of_table(file, prefix, &metrics->table[t], act));
    return TD_OK;
}

td_status td_metrics_make(td_file *file, const char *prefix, const td_metrics *metrics)
{
    return each_of_all(file, prefix, metrics, td_file_make_checked);
}

td_status td_metrics_fill(td_file *file, const char *prefix, const td_metrics *metrics)
{
    return each_of_all(file, prefix, metrics, td_file_fill);
}

td_status td_metrics_save(td_comm *comm, const char *path, const td_metrics *metrics,
                          const td_file_guard *guard)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_METRICS_FORMAT, TD_METRICS_VERSION, &file));
    td_file_set_guard(file, guard);
    td_status status = td_metrics_make(file, "", metrics);
    if (status == TD_OK)
        status = td_metrics_fill(file, "", metrics);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

/* Reads a whole dataset, whose shape is for the caller to judge. */
static td_status read_dataset(td_file *file, const char *path, td_type type, td_shape *shape,
                              void **values)
{
    int64_t first, rows;
    TD_TRY(td_file_read(file, path, type, shape, values));
    const void *mine = share(file, *shape, *values, &first, &rows);
    const td_status status = td_file_check_rows(file, path, *shape, first, rows, mine);
    if (status == TD_OK)
        return TD_OK;
    td_free(*values);
    *values = NULL;
    return status;
}

/* Reads a vector of ascending numbers, the first of which is at least this one. */
static td_status read_ascending(td_file *file, const char *path, int64_t least, size_t *count,
                                int64_t **numbers)
{
    td_shape shape;
    void *values;
    TD_TRY(read_dataset(file, path, TD_INT64, &shape, &values));
    *numbers = values;
    *count = (size_t)shape.rows;
    if (shape.columns != 0)
        return td_fail(TD_ERR_FORMAT, "%s: %s has %lld x %lld values; expected one dimension",
                       td_file_path(file), path, (long long)shape.rows, (long long)shape.columns);
    for (size_t i = 0; i < *count; i++)
        if ((*numbers)[i] < (i == 0 ? least : (*numbers)[i - 1] + 1))
            return td_fail(TD_ERR_FORMAT, "%s: %s does not ascend from %lld", td_file_path(file),
                           path, (long long)least);
    return TD_OK;
}

/* Reads steps and ks, which the shapes of all columns follow from. */
static td_status read_keys(td_file *file, const char *group, td_metrics_table *table)
{
    char path[NAME + 8];
    bool has_ks;
    snprintf(path, sizeof path, "%s/step", group);
    TD_TRY(read_ascending(file, path, 0, &table->steps, &table->step));
    snprintf(path, sizeof path, "%s/k", group);
    TD_TRY(td_file_has(file, path, &has_ks));
    return has_ks ? read_ascending(file, path, 1, &table->ks, &table->k) : TD_OK;
}

/* Values (steps) or (steps, ks). */
static td_status read_column(td_file *file, const char *path, const char *name,
                             td_metrics_table *table)
{
    td_shape shape;
    void *values;
    TD_TRY(read_dataset(file, path, TD_FLOAT64, &shape, &values));
    const td_shape expected = shape_of(table, shape.columns > 0);
    if (shape.rows == expected.rows && shape.columns == expected.columns) {
        td_metrics_take_column(table, name, shape.columns > 0, values);
        return TD_OK;
    }
    td_free(values);
    return td_fail(TD_ERR_FORMAT, "%s: %s has %lld x %lld values; expected %lld x %lld",
                   td_file_path(file), path, (long long)shape.rows, (long long)shape.columns,
                   (long long)expected.rows, (long long)expected.columns);
}

/* Returns the length of the part of a path that names its table, "training" or
 * "split/settings"; 0 if there is none. */
static size_t table_length(const char *path)
{
    const size_t training = strlen(TD_TRAINING_TABLE);
    const char *slash = strchr(path, '/');
    const bool is_training = slash && (size_t)(slash - path) == training &&
                             strncmp(path, TD_TRAINING_TABLE, training) == 0;
    if (slash && !is_training)
        slash = strchr(slash + 1, '/');
    return slash ? (size_t)(slash - path) : 0;
}

/* A path is prefix, table and column; a table's steps and ks are read when it is first met. */
static td_status read_member(td_file *file, const char *prefix, const char *path,
                             td_metrics *metrics)
{
    char group[NAME], name[NAME];
    const char *inside = path + strlen(prefix);
    const size_t length = table_length(inside);
    if (length == 0)
        return td_fail(TD_ERR_FORMAT, "%s: '%s' is of no table of metrics", td_file_path(file),
                       path);
    snprintf(name, sizeof name, "%.*s", (int)length, inside);
    snprintf(group, sizeof group, "%s%s", prefix, name);
    const char *column = inside + length + 1;
    const bool is_new = !td_metrics_find(metrics, name);
    td_metrics_table *table = td_metrics_need(metrics, name);
    if (is_new)
        TD_TRY(read_keys(file, group, table));
    if (strcmp(column, "step") == 0 || strcmp(column, "k") == 0)
        return TD_OK;
    return read_column(file, path, column, table);
}

td_status td_metrics_read(td_file *file, const char *prefix, td_metrics *metrics)
{
    size_t count = 0;
    char **paths = NULL;
    char group[NAME];
    *metrics = (td_metrics){0};
    snprintf(group, sizeof group, "%.*s", (int)(strlen(prefix) - (*prefix != '\0')), prefix);
    TD_TRY(td_file_list_datasets(file, group, &count, &paths));
    td_status status = TD_OK;
    for (size_t i = 0; i < count && status == TD_OK; i++)
        status = read_member(file, prefix, paths[i], metrics);
    td_free(paths);
    if (status != TD_OK)
        td_metrics_free(metrics);
    return status;
}

static td_status load(td_comm *comm, const char *path, td_metrics *metrics)
{
    td_file *file;
    *metrics = (td_metrics){0};
    td_look what = TD_LOOK_OTHER;
    TD_TRY(td_comm_agree(comm, td_comm_rank(comm) == 0 ? td_look_at(path, &what) : TD_OK));
    if (td_comm_any(comm, what == TD_LOOK_NOTHING))
        return TD_OK;
    TD_TRY(td_file_open(comm, path, TD_METRICS_FORMAT, TD_METRICS_VERSION, &file));
    td_status status = td_metrics_read(file, "", metrics);
    td_file_discard(file);
    return status;
}

td_status td_metrics_load(td_comm *comm, const char *path, td_metrics *metrics)
{
    const td_status status = load(comm, path, metrics);
    if (status != TD_ERR_FORMAT)
        return status;
    return td_fail(status, "%s; once it is removed, tandem evaluate computes its values anew",
                   td_message());
}

td_status td_metrics_restore(td_comm *comm, const char *path, td_metrics *metrics)
{
    td_status status = load(comm, path, metrics);
    if (status != TD_ERR_FORMAT)
        return status;
    td_warn("%s; the metrics are made anew of what the run knows, without those of later "
            "evaluations",
            td_message());
    *metrics = (td_metrics){0};
    return TD_OK;
}
