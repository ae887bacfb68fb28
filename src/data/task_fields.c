/* Labels, weights and rows of tasks. */
#include "data/task_fields.h"

#include "base/log.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/row_condition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const td_task_config td_task_rating = {
    .name = "rating", .label = "", .where = "", .weight_field = "", .negatives = ""};

static bool has_weights(const td_task_config *task)
{
    return *task->weight_field && strcmp(task->weight_field, "none") != 0;
}

td_task_field td_task_field_of(const td_task_config *task, td_task_part part)
{
    static const char *const parts[] = {"label", "weights", "trains", "negatives"};
    td_task_field field;
    snprintf(field.name, sizeof field.name, ".%s.%s", parts[part], task->name);
    return field;
}

/* What the fields of tasks are made of. */
typedef struct {
    td_comm *comm;
    td_dataset *data;
    const td_schema *schema;
    const td_config *config;
    td_rows *rows;
    const int64_t *place; /* of the rows' users; NULL: by their ids */
    bool trains;          /* else labels and rows alone are made */
} source;

/* Collective: 1 where a condition holds, 0 where its opposite does, no label where neither does. */
static td_status label_by_condition(const source *s, const char *key, const char *text,
                                    float *labels)
{
    const size_t n = (size_t)s->rows->count;
    bool *holds = TD_NEW(bool, n), *fails = TD_NEW(bool, n);
    char *opposite = td_allocate(strlen(text) + sizeof "not ()", 1);
    sprintf(opposite, "not (%s)", text);
    td_status status = td_row_condition_test(s->data, key, text, s->rows, s->place, holds);
    if (status == TD_OK)
        status = td_row_condition_test(s->data, key, opposite, s->rows, s->place, fails);
    for (size_t i = 0; i < n; i++)
        labels[i] = holds[i] ? 1 : fails[i] ? 0 : NAN;
    td_free(opposite);
    td_free(holds);
    td_free(fails);
    return status;
}

/* Copies a field of numbers of rows; NULL stands for one that is none. */
static td_status copy_numbers(const source *s, const char *key, const td_schema_field *field,
                              const char *expected, float *numbers)
{
    if (!field || field->of != TD_OF_ROW || field->kind != TD_KIND_NUMBER)
        return td_fail(TD_ERR_CONFIG, "%s: expected %s; found %s%s of %ss", key, expected,
                       field ? "a " : "no field", field ? td_kind_name(field->kind) : "",
                       td_of_name(field ? field->of : TD_OF_ROW));
    if (s->rows->count > 0)
        memcpy(numbers, td_frame_values(&s->rows->frame, field->name),
               (size_t)s->rows->count * sizeof *numbers);
    return TD_OK;
}

typedef struct {
    char text[TD_TASK_FIELD_BYTES + 32];
} key_name;

static key_name key_of(const td_task_config *task, const char *key)
{
    key_name name;
    snprintf(name.text, sizeof name.text, "configuration: tasks.%s.%s", task->name, key);
    return name;
}

/* Collective. */
static td_status find_labels(const source *s, const td_task_config *task, float *labels)
{
    const key_name key = key_of(task, "label");
    const td_schema_field *field = td_schema_find(s->schema, task->label);
    if (!field)
        return label_by_condition(s, key.text, task->label, labels);
    return copy_numbers(s, key.text, field, "a number of rows, or a condition", labels);
}

/* Collective. */
static td_status find_weights(const source *s, const td_task_config *task, float *weights)
{
    const key_name key = key_of(task, "weight_field");
    const td_schema_field *field = td_schema_find(s->schema, task->weight_field);
    td_status status = TD_OK;
    TD_TRY(copy_numbers(s, key.text, field, "a number of rows, or none", weights));
    for (int64_t i = 0; i < s->rows->count && status == TD_OK; i++)
        if (weights[i] <= 0)
            status =
                td_fail(TD_ERR_INPUT, "%s: %s is %g in row %lld; expected weights above 0",
                        key.text, field->name, (double)weights[i], (long long)s->rows->row[i] + 1);
    return td_comm_agree(s->comm, status);
}

/* Collective: sets bytes (rows) to whether a condition holds, all to standard if it is empty. */
static td_status find_bytes(const source *s, const td_task_config *task, const char *key,
                            const char *text, bool standard, uint8_t *bytes)
{
    bool *holds = TD_NEW(bool, (size_t)s->rows->count);
    td_status status = *text ? td_row_condition_test(s->data, key_of(task, key).text, text, s->rows,
                                                     s->place, holds)
                             : TD_OK;
    for (int64_t i = 0; i < s->rows->count; i++)
        bytes[i] = *text ? holds[i] : standard;
    td_free(holds);
    return status;
}

/* Collective: labels, weights and negatives may be NULL. */
static td_status find_rows(const source *s, const td_task_config *task, const float *labels,
                           const float *weights, const uint8_t *negatives, uint8_t *trains)
{
    TD_TRY(find_bytes(s, task, "where", task->where, true, trains));
    for (int64_t i = 0; i < s->rows->count; i++)
        if ((labels && isnan(labels[i])) || (weights && isnan(weights[i])) ||
            (negatives && negatives[i]))
            trains[i] = 0;
    return TD_OK;
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

/* Adds a part of a task to the rows, which then have its values. */
static void *add_part(const source *s, const td_task_config *task, td_task_part part, td_type type)
{
    return td_frame_add(&s->rows->frame, td_task_field_of(task, part).name, type, 1)->values;
}

/* Collective. Of a task that is there already the rows have the labels, of which some may miss. */
static td_status add_task(const source *s, const td_task_config *task)
{
    float *labels = NULL, *weights = NULL;
    uint8_t *negatives = NULL;
    const td_schema_field *gaps =
        strcmp(task->name, "rating") == 0 ? rating_with_gaps(s->config, s->schema) : NULL;
    if (gaps)
        labels = td_frame_values(&s->rows->frame, gaps->name);
    if (!td_config_has_task(s->config, task->name)) {
        labels = add_part(s, task, TD_TASK_LABEL, TD_FLOAT32);
        TD_TRY(find_labels(s, task, labels));
    }
    if (s->trains && has_weights(task)) {
        weights = add_part(s, task, TD_TASK_WEIGHTS, TD_FLOAT32);
        TD_TRY(find_weights(s, task, weights));
    }
    if (*task->negatives) {
        negatives = add_part(s, task, TD_TASK_NEGATIVES, TD_UINT8);
        TD_TRY(find_bytes(s, task, "negatives", task->negatives, false, negatives));
    }
    if (!labels && !weights && !negatives && !*task->where)
        return TD_OK;
    return find_rows(s, task, labels, weights, negatives,
                     add_part(s, task, TD_TASK_ROWS, TD_UINT8));
}

static td_status add_tasks(const source *s)
{
    if (s->config->rating_enabled && !td_config_task_named(s->config, "rating"))
        TD_TRY(add_task(s, &td_task_rating));
    for (size_t i = 0; i < s->config->tasks.count; i++)
        TD_TRY(add_task(s, td_config_task(s->config, i)));
    return TD_OK;
}

td_status td_task_fields_add(td_comm *comm, td_dataset *data, const td_config *config,
                             td_rows *rows)
{
    return add_tasks(
        &(source){comm, data, &td_dataset_info(data)->schema, config, rows, NULL, true});
}

td_status td_task_labels_add(td_comm *comm, td_dataset *data, const td_config *config,
                             const int64_t *place, td_rows *rows)
{
    return add_tasks(
        &(source){comm, data, &td_dataset_info(data)->schema, config, rows, place, false});
}
