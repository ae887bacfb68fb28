/* A checkpoint is the parameter block and the optimizer's, tensor by tensor, and a few numbers. */
#include "run/checkpoint.h"

#include "base/memory.h"
#include "base/range.h"
#include "run/placement.h"
#include "run/unit_sets.h"
#include "store/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 96 };

static td_shape shape_of(const td_tensor *tensor)
{
    return (td_shape){TD_FLOAT32, (int64_t)tensor->rows, (int64_t)tensor->columns};
}

typedef struct {
    char name[32];
} group_name;

/* "optimizer/accumulator" */
static group_name state_group(const td_model *model, size_t state)
{
    group_name group;
    snprintf(group.name, sizeof group.name, "optimizer/%s",
             td_optimizer_state_name(model->config.optimizer_kind, state));
    return group;
}

static void path_of(const char *group, const td_tensor *tensor, char path[PATH])
{
    snprintf(path, PATH, "%s/%s", group, tensor->name);
}

/* Makes or fills the datasets of one group of tensors from a block of the model's: each rank the
 * rows that it answers for. */
static td_status each_tensor(td_file *file, const char *group, const td_parameters *parameters,
                             const float *block, td_file_part *act)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        char path[PATH];
        path_of(group, tensor, path);
        const td_range mine = td_rows_to_answer_for(td_file_comm(file), tensor);
        TD_TRY(act(file, path, shape_of(tensor), mine.first, mine.count,
                   block + td_tensor_place(tensor, mine.first)));
    }
    return TD_OK;
}

/* The same of parameters and optimizer state. */
static td_status each_block(td_file *file, const td_model *model, td_file_part *act)
{
    const td_parameters *parameters = &model->parameters;
    TD_TRY(each_tensor(file, "parameters", parameters, parameters->values, act));
    for (size_t i = 0; i < parameters->states; i++)
        TD_TRY(
            each_tensor(file, state_group(model, i).name, parameters, parameters->state[i], act));
    return TD_OK;
}

static td_status write_info(td_file *file, const td_model *model, const td_position *position,
                            uint64_t data_checksum)
{
    char *config = td_config_to_yaml(&model->config, true);
    td_status status = td_file_set_text(file, "", "config", config);
    td_free(config);
    TD_TRY(status);
    TD_TRY(td_file_set_checksum(file, "", "data_checksum", data_checksum));
    TD_TRY(td_file_set_int(file, "", "users", model->spec->users));
    TD_TRY(td_file_set_int(file, "", "items", model->spec->items));
    TD_TRY(td_file_set_int(file, "", "epoch", position->epoch));
    TD_TRY(td_file_set_int(file, "", "step_in_epoch", position->step_in_epoch));
    TD_TRY(td_file_set_int(file, "", "step", position->step));
    return td_file_set_int(file, "", "epoch_rows", position->rows);
}

static td_status set_task_int(td_file *file, const char *task, const char *what, int64_t value)
{
    char *name = td_print_text("epoch_%s_%s", task, what);
    const td_status status = td_file_set_int(file, "", name, value);
    td_free(name);
    return status;
}

static td_status write_losses(td_file *file, const td_model *model, const td_task_loss *losses)
{
    for (size_t k = 0; k < model->tasks; k++) {
        TD_TRY(set_task_int(file, model->task[k].is.name, "loss", losses[k].sum));
        TD_TRY(set_task_int(file, model->task[k].is.name, "rows", losses[k].rows));
    }
    return TD_OK;
}

static td_status write_all(td_file *file, const td_model *model, const td_position *position,
                           const td_task_loss *losses, const td_metrics *metrics,
                           uint64_t data_checksum)
{
    TD_TRY(write_info(file, model, position, data_checksum));
    TD_TRY(write_losses(file, model, losses));
    TD_TRY(each_block(file, model, td_file_make_checked));
    TD_TRY(td_unit_sets_each(file, model, losses, td_file_make_checked));
    TD_TRY(td_metrics_make(file, "metrics/", metrics));
    TD_TRY(each_block(file, model, td_file_fill));
    TD_TRY(td_unit_sets_each(file, model, losses, td_file_fill));
    return td_metrics_fill(file, "metrics/", metrics);
}

td_status td_checkpoint_save(td_comm *comm, const char *path, const td_model *model,
                             const td_position *position, const td_task_loss *losses,
                             const td_metrics *metrics, uint64_t data_checksum,
                             const td_file_guard *guard)
{
    TD_MEMORY_FOR("writing a checkpoint", NULL);
    td_file *file;
    TD_TRY(td_file_create(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_file_set_guard(file, guard);
    td_status status = write_all(file, model, position, losses, metrics, data_checksum);
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
    if (td_config_check(config) == TD_OK)
        return TD_OK;
    return td_fail(TD_ERR_FORMAT, "%s: %s", where, td_message());
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
    TD_TRY(td_file_get_checksum(file, "", "data_checksum", &info->data_checksum));
    TD_TRY(read_int(file, "users", 1, INT32_MAX, &info->users));
    TD_TRY(read_int(file, "items", 1, INT32_MAX, &info->items));
    TD_TRY(read_int(file, "epoch", 0, INT32_MAX, &position->epoch));
    TD_TRY(read_int(file, "step_in_epoch", 0, INT64_MAX, &position->step_in_epoch));
    TD_TRY(read_int(file, "step", 0, INT64_MAX, &position->step));
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

/* Hands the rows that each rank read to the others. */
static void spread_rows(td_comm *comm, const td_tensor *tensor, float *values)
{
    const int size = td_comm_size(comm);
    for (int rank = 0; rank < size; rank++) {
        const size_t begin = (size_t)td_share((int64_t)tensor->rows, rank, size);
        const size_t end = (size_t)td_share((int64_t)tensor->rows, rank + 1, size);
        td_comm_broadcast(comm, rank, values + begin * tensor->columns,
                          (end - begin) * tensor->columns * sizeof *values);
    }
}

/* Reads one tensor: each rank the rows that it answers for, so that a file system that nodes share
 * gives every byte once. */
static td_status read_tensor(td_file *file, const char *path, const td_tensor *tensor, float *block)
{
    td_comm *comm = td_file_comm(file);
    const td_range mine = td_rows_to_answer_for(comm, tensor);
    float *values = block + td_tensor_place(tensor, mine.first);
    TD_TRY(td_file_read_rows(file, path, TD_FLOAT32, mine.first, mine.count, values));
    TD_TRY(td_file_check_rows(file, path, shape_of(tensor), mine.first, mine.count, values));
    if (!tensor->is_owned)
        spread_rows(comm, tensor, block + tensor->offset);
    return TD_OK;
}

/* Reads one group of tensors into a block. */
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
        TD_TRY(read_tensor(file, path, tensor, block));
    }
    return TD_OK;
}

td_status td_checkpoint_check(td_comm *comm, const char *path, int64_t step)
{
    td_file *file;
    td_checkpoint_info info;
    TD_TRY(td_file_open(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_status status = read_info(file, &info);
    if (status == TD_OK && info.position.step != step)
        status =
            td_fail(TD_ERR_FORMAT, "%s is a checkpoint of step %" PRId64, path, info.position.step);
    if (status == TD_OK)
        status = td_file_check(file);
    td_file_discard(file);
    return status;
}

static td_status read_task_int(td_file *file, const char *task, const char *what, int64_t low,
                               int64_t *value)
{
    char *name = td_print_text("epoch_%s_%s", task, what);
    const td_status status = read_int(file, name, low, INT64_MAX, value);
    td_free(name);
    return status;
}

static td_status read_losses(td_file *file, const td_model *model, td_task_loss *losses)
{
    for (size_t k = 0; k < model->tasks; k++) {
        const char *task = model->task[k].is.name;
        TD_TRY(read_task_int(file, task, "loss", INT64_MIN, &losses[k].sum));
        TD_TRY(read_task_int(file, task, "rows", 0, &losses[k].rows));
    }
    return TD_OK;
}

/* Whether the file is still that of which info was read: with the same configuration, data and
 * position it has the same bits, whoever put it there. */
static td_status check_same(td_file *file, const td_checkpoint_info *info)
{
    td_checkpoint_info now;
    TD_TRY(read_info(file, &now));
    const td_position *a = &info->position, *b = &now.position;
    const bool is_same = info->users == now.users && info->items == now.items &&
                         info->data_checksum == now.data_checksum && a->epoch == b->epoch &&
                         a->step_in_epoch == b->step_in_epoch && a->step == b->step &&
                         a->rows == b->rows && td_config_match(&info->config, &now.config) == TD_OK;
    return is_same ? TD_OK
                   : td_fail(TD_ERR_FILE,
                             "%s was replaced by another checkpoint while it was read: try again",
                             td_file_path(file));
}

td_status td_checkpoint_load(td_comm *comm, const char *path, const td_checkpoint_info *info,
                             td_model *model, td_task_loss *losses, td_metrics *metrics)
{
    TD_MEMORY_FOR("reading a checkpoint", NULL);
    td_file *file;
    td_parameters *parameters = &model->parameters;
    TD_TRY(td_file_open(comm, path, TD_CHECKPOINT_FORMAT, TD_CHECKPOINT_VERSION, &file));
    td_status status = check_same(file, info);
    if (status == TD_OK)
        status = read_block(file, "parameters", parameters, parameters->values);
    for (size_t i = 0; i < parameters->states && status == TD_OK; i++)
        status = read_block(file, state_group(model, i).name, parameters, parameters->state[i]);
    if (status == TD_OK && losses)
        status = read_losses(file, model, losses);
    if (status == TD_OK)
        status = td_unit_sets_read(file, model, losses);
    if (status == TD_OK)
        status = td_metrics_read(file, "metrics/", metrics);
    td_file_discard(file);
    if (status == TD_OK)
        td_model_refresh(model, NULL);
    return status;
}
