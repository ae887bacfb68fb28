#include "eval/targets.h"

#include "base/memory.h"
#include "data/task_fields.h"

#include <math.h>
#include <string.h>

static const char rating[] = "rating";

bool td_target_is_rating(const td_target *target)
{
    return strcmp(target->task, rating) == 0;
}

/* The field that labels are copied from: of a declared task, where it is no condition, the one that
 * it names. */
static const td_schema_field *source_of(const td_task *task, const td_config *config,
                                        const td_schema *schema)
{
    const td_task_config *entry = td_config_task_named(config, task->name);
    if (td_config_has_task(config, task->name))
        return td_schema_with_role(schema, TD_ROLE_LABEL);
    return td_schema_find(schema, entry->label);
}

static void add(td_targets *targets, td_target added, const td_schema_field *source)
{
    targets->target = td_grow(targets->target, targets->count, sizeof *targets->target);
    added.low = added.high = NAN;
    if (source && source->summary.count > 0) {
        added.low = (float)source->summary.low;
        added.high = (float)source->summary.high;
    }
    targets->target[targets->count++] = added;
}

static void add_task(td_targets *targets, const td_config *config, const td_model *model, size_t k,
                     const td_schema *schema)
{
    const td_task task = td_task_of(config, k);
    const td_schema_field *source = source_of(&task, config, schema);
    const bool is_built_in = td_config_has_task(config, task.name);
    const char *label = is_built_in ? source ? source->name : NULL : task.label;
    if (label)
        add(targets,
            (td_target){.task = task.name,
                        .has_head = true,
                        .head = model ? &model->task[k].head : NULL,
                        .loss = task.loss,
                        .label = label,
                        .rows = task.trains},
            source);
}

/* The data's labels, which no task of the model is about. */
static void add_labels(td_targets *targets, const td_schema *schema)
{
    const td_schema_field *label = td_schema_with_role(schema, TD_ROLE_LABEL);
    if (label)
        add(targets, (td_target){.task = rating, .loss = td_loss_find("mse"), .label = label->name},
            label);
}

/* The tasks with a head that are `rating`, or are not. */
static void add_tasks(td_targets *targets, const td_config *config, const td_model *model,
                      const td_schema *schema, bool are_rating)
{
    for (size_t k = 0; k < td_task_count(config); k++) {
        const td_task task = td_task_of(config, k);
        if (task.loss && (strcmp(task.name, rating) == 0) == are_rating)
            add_task(targets, config, model, k, schema);
    }
}

td_targets td_targets_find(const td_config *config, const td_model *model, const td_dataset *data)
{
    td_targets targets = {0};
    const td_schema *schema = &td_dataset_info(data)->schema;
    add_tasks(&targets, config, model, schema, true);
    if (targets.count == 0)
        add_labels(&targets, schema);
    add_tasks(&targets, config, model, schema, false);
    return targets;
}

void td_targets_free(td_targets *targets)
{
    td_free(targets->target);
    *targets = (td_targets){0};
}

td_status td_targets_read_labels(td_comm *comm, const td_model *model, td_dataset *data,
                                 const int64_t *place, td_rows *rows)
{
    return td_task_labels_add(comm, data, &model->config, place, rows);
}

td_status td_targets_read_training(td_comm *comm, const td_model *model, td_dataset *data,
                                   td_rows *rows)
{
    int64_t first, count, *offsets;
    td_comm_share(comm, td_dataset_info(data)->users, &first, &count);
    TD_TRY(td_dataset_read_users(data, TD_TRAIN, first, count, NULL, &offsets, rows));
    td_free(offsets);
    const td_status status = td_targets_read_labels(comm, model, data, NULL, rows);
    if (status != TD_OK)
        td_rows_free(rows);
    return status;
}

float *td_target_labels(const td_target *target, const td_rows *rows)
{
    const size_t count = (size_t)rows->count;
    float *labels = TD_NEW(float, count);
    const td_field *trains = target->rows ? td_frame_find(&rows->frame, target->rows) : NULL;
    const uint8_t *is_of_task = trains ? trains->values : NULL;
    const float *values = td_frame_values(&rows->frame, target->label);
    for (size_t i = 0; i < count; i++)
        labels[i] = is_of_task && !is_of_task[i] ? NAN : values[i];
    return labels;
}
