/* A checkpoint is the parameter block and the optimizer's, tensor by tensor, and a few numbers. */
#include "train/checkpoint.h"

#include "base/memory.h"
#include "store/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 96 };

static td_shape shape_of(const td_tensor *tensor)
{
    return (td_shape){TD_FLOAT32, (int64_t)tensor->rows, (int64_t)tensor->columns};
}

static void path_of(const char *group, const td_tensor *tensor, char path[PATH])
{
    snprintf(path, PATH, "%s/%s", group, tensor->name);
}

/* Makes the datasets of one group of tensors. */
static td_status make_block(td_file *file, const char *group, const td_parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++) {
        char path[PATH];
        path_of(group, &parameters->tensor[i], path);
        TD_TRY(td_file_make(file, path, shape_of(&parameters->tensor[i])));
    }
    return TD_OK;
}

/* Fills them from a block of the model's: this rank's share of each tensor's rows. */
static td_status fill_block(td_file *file, td_comm *comm, const char *group,
                            const td_parameters *parameters, const float *block)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        char path[PATH];
        int64_t first, rows;
        path_of(group, tensor, path);
        td_comm_share(comm, (int64_t)tensor->rows, &first, &rows);
        const float *mine = block + tensor->offset + (size_t)first * tensor->columns;
        TD_TRY(td_file_write_rows(file, path, first, rows, mine));
    }
    return TD_OK;
}

static td_status write_checksum(td_file *file, const char *attribute, uint64_t checksum)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, checksum);
    return td_file_set_text(file, "", attribute, text);
}

static td_status write_info(td_file *file, const td_model *model, const td_position *position,
                            uint64_t data_checksum)
{
    char *config = td_config_to_yaml(&model->config, true);
    td_status status = td_file_set_text(file, "", "config", config);
    td_free(config);
    TD_TRY(status);
    TD_TRY(write_checksum(file, "data_checksum", data_checksum));
    TD_TRY(td_file_set_int(file, "", "users", model->sizes.users));
    TD_TRY(td_file_set_int(file, "", "items", model->sizes.items));
    TD_TRY(td_file_set_int(file, "", "epoch", position->epoch));
    TD_TRY(td_file_set_int(file, "", "step_in_epoch", position->step_in_epoch));
    TD_TRY(td_file_set_int(file, "", "step", position->step));
    TD_TRY(td_file_set_int(file, "", "epoch_loss", position->loss));
    return td_file_set_int(file, "", "epoch_rows", position->rows);
}

static td_status write_all(td_file *file, td_comm *comm, const td_model *model,
                           const td_position *position, const td_metrics *metrics,
                           uint64_t data_checksum)
{
    const td_parameters *parameters = &model->parameters;
    TD_TRY(write_info(file, model, position, data_checksum));
    TD_TRY(make_block(file, "parameters", parameters));
    TD_TRY(make_block(file, "optimizer", parameters));
    TD_TRY(td_metrics_make(file, comm, "metrics/", metrics));
    TD_TRY(fill_block(file, comm, "parameters", parameters, parameters->values));
    TD_TRY(fill_block(file, comm, "optimizer", parameters, parameters->accumulators));
    return td_metrics_fill(file, comm, "metrics/", metrics);
}

td_status td_checkpoint_save(td_comm *comm, const char *path, const td_model *model,
                             const td_position *position, const td_metrics *metrics,
                             uint64_t data_checksum)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_status status = write_all(file, comm, model, position, metrics, data_checksum);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

static td_status read_config(td_file *file, td_config *config)
{
    char *text, where[512];
    TD_TRY(td_file_get_text(file, "", "config", &text));
    snprintf(where, sizeof where, "the configuration in %s", td_file_path(file));
    td_config_defaults(config);
    td_status status = td_config_parse(text, where, config);
    td_free(text);
    TD_TRY(status);
    return td_config_check(config);
}

static td_status read_checksum(td_file *file, const char *attribute, uint64_t *checksum)
{
    char *text, *end;
    TD_TRY(td_file_get_text(file, "", attribute, &text));
    *checksum = strtoull(text, &end, 16);
    bool right = strlen(text) == 16 && end == text + 16;
    td_free(text);
    if (right)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT, "%s: attribute %s is not 16 hexadecimal digits",
                   td_file_path(file), attribute);
}

/* Reads an attribute that must lie in [low, high]. */
static td_status read_int(td_file *file, const char *attribute, int64_t low, int64_t high,
                          int64_t *value)
{
    TD_TRY(td_file_get_int(file, "", attribute, value));
    if (*value >= low && *value <= high)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT,
                   "%s: attribute %s is %" PRId64 "; expected %" PRId64 " to %" PRId64,
                   td_file_path(file), attribute, *value, low, high);
}

static td_status read_info(td_file *file, td_checkpoint_info *info)
{
    td_position *position = &info->position;
    TD_TRY(read_config(file, &info->config));
    TD_TRY(read_checksum(file, "data_checksum", &info->data_checksum));
    TD_TRY(read_int(file, "users", 1, INT32_MAX, &info->sizes.users));
    TD_TRY(read_int(file, "items", 1, INT32_MAX, &info->sizes.items));
    TD_TRY(read_int(file, "epoch", 0, INT32_MAX, &position->epoch));
    TD_TRY(read_int(file, "step_in_epoch", 0, INT64_MAX, &position->step_in_epoch));
    TD_TRY(read_int(file, "step", 0, INT64_MAX, &position->step));
    TD_TRY(read_int(file, "epoch_loss", INT64_MIN, INT64_MAX, &position->loss));
    return read_int(file, "epoch_rows", 0, INT64_MAX, &position->rows);
}

td_status td_checkpoint_read_info(td_comm *comm, const char *path, td_checkpoint_info *info)
{
    td_file *file;
    TD_TRY(td_file_open(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_status status = read_info(file, info);
    td_file_discard(file);
    return status;
}

/* Reads one group of tensors into a block, whole on every rank. */
static td_status read_block(td_file *file, const char *group, const td_parameters *parameters,
                            float *block)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        const td_shape expected = shape_of(tensor);
        td_shape shape;
        char path[PATH];
        path_of(group, tensor, path);
        TD_TRY(td_file_shape(file, path, &shape));
        if (shape.rows != expected.rows || shape.columns != expected.columns)
            return td_fail(TD_ERR_FORMAT,
                           "%s: %s is %" PRId64 " x %" PRId64 "; the model's is %" PRId64
                           " x %" PRId64,
                           td_file_path(file), path, shape.rows, shape.columns, expected.rows,
                           expected.columns);
        TD_TRY(td_file_read_rows(file, path, TD_FLOAT32, 0, shape.rows, block + tensor->offset));
    }
    return TD_OK;
}

td_status td_checkpoint_load(td_comm *comm, const char *path, td_model *model, td_metrics *metrics)
{
    td_file *file;
    td_parameters *parameters = &model->parameters;
    TD_TRY(td_file_open(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_status status = read_block(file, "parameters", parameters, parameters->values);
    if (status == TD_OK)
        status = read_block(file, "optimizer", parameters, parameters->accumulators);
    if (status == TD_OK)
        status = td_metrics_read(file, comm, "metrics/", metrics);
    td_file_discard(file);
    if (status == TD_OK)
        td_model_refresh(model);
    return status;
}
