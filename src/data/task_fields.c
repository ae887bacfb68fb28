/* Labels and rows of declared tasks. */
#include "data/task_fields.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/row_condition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const td_task_config td_task_rating = {.name = "rating", .where = ""};

td_task_field td_task_label_field(const td_task_config *task)
{
    td_task_field field;
    snprintf(field.name, sizeof field.name, ".label.%s", task->name);
    return field;
}

td_task_field td_task_rows_field(const td_task_config *task)
{
    td_task_field field;
    snprintf(field.name, sizeof field.name, ".trains.%s", task->name);
    return field;
}

/* Collective: 1 where a condition holds, 0 where its opposite does, no label where neither does. */
static td_status label_by_condition(td_dataset *data, const char *key, const char *text,
                                    const td_frame *rows, float *labels)
{
    bool *holds = TD_NEW(bool, (size_t)rows->count), *fails = TD_NEW(bool, (size_t)rows->count);
    char *opposite = td_allocate(strlen(text) + sizeof "not ()", 1);
    sprintf(opposite, "not (%s)", text);
    td_status status = td_row_condition_test(data, key, text, rows, holds);
    if (status == TD_OK)
        status = td_row_condition_test(data, key, opposite, rows, fails);
    for (int64_t i = 0; i < rows->count; i++)
        labels[i] = holds[i] ? 1 : fails[i] ? 0 : NAN;
    td_free(opposite);
    td_free(holds);
    td_free(fails);
    return status;
}

/* Collective. */
static td_status find_labels(td_dataset *data, const td_task_config *task, const td_frame *rows,
                             float *labels)
{
    char key[TD_TASK_FIELD_BYTES];
    snprintf(key, sizeof key, "configuration: tasks.%s.label", task->name);
    const td_schema_field *field = td_schema_find(&td_dataset_info(data)->schema, task->label);
    if (!field)
        return label_by_condition(data, key, task->label, rows, labels);
    if (field->of != TD_OF_ROW || field->kind != TD_KIND_NUMBER)
        return td_fail(TD_ERR_CONFIG,
                       "%s: %s is a %s of %ss; expected a number of rows, or a condition", key,
                       field->name, td_kind_name(field->kind), td_of_name(field->of));
    if (rows->count > 0)
        memcpy(labels, td_frame_values(rows, field->name), (size_t)rows->count * sizeof *labels);
    return TD_OK;
}

/* Collective. */
static td_status find_rows(td_dataset *data, const td_task_config *task, const td_frame *rows,
                           const float *labels, uint8_t *trains)
{
    char key[TD_TASK_FIELD_BYTES];
    bool *holds = TD_NEW(bool, (size_t)rows->count);
    td_status status = TD_OK;
    snprintf(key, sizeof key, "configuration: tasks.%s.where", task->name);
    if (*task->where)
        status = td_row_condition_test(data, key, task->where, rows, holds);
    for (int64_t i = 0; i < rows->count; i++)
        trains[i] = !isnan(labels[i]) && (holds[i] || !*task->where);
    td_free(holds);
    return status;
}

/* Collective. */
static td_status add_task(td_dataset *data, const td_task_config *task, td_frame *rows)
{
    const size_t n = (size_t)rows->count;
    float *labels = TD_NEW(float, n);
    uint8_t *trains = TD_NEW(uint8_t, n);
    td_status status = find_labels(data, task, rows, labels);
    if (status == TD_OK)
        status = find_rows(data, task, rows, labels, trains);
    td_frame_take(rows, td_task_label_field(task).name, TD_FLOAT32, 1, rows->count, labels, NULL);
    td_frame_take(rows, td_task_rows_field(task).name, TD_UINT8, 1, rows->count, trains, NULL);
    return status;
}

static const td_schema_field *rating_with_gaps(const td_config *config, const td_schema *schema)
{
    const td_schema_field *label = td_schema_with_role(schema, TD_ROLE_LABEL);
    return config->rating_enabled && label && label->missing > 0 ? label : NULL;
}

bool td_task_fields_are_needed(const td_config *config, const td_schema *schema)
{
    return config->tasks.count > 0 || rating_with_gaps(config, schema);
}

td_status td_task_fields_add(td_dataset *data, const td_config *config, td_frame *rows)
{
    const td_schema_field *rating = rating_with_gaps(config, &td_dataset_info(data)->schema);
    if (rating) {
        uint8_t *trains = TD_NEW(uint8_t, (size_t)rows->count);
        TD_TRY(find_rows(data, &td_task_rating, rows, td_frame_values(rows, rating->name), trains));
        td_frame_take(rows, td_task_rows_field(&td_task_rating).name, TD_UINT8, 1, rows->count,
                      trains, NULL);
    }
    for (size_t i = 0; i < config->tasks.count; i++)
        TD_TRY(add_task(data, td_config_task(config, i), rows));
    return TD_OK;
}
