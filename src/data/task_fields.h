/* The fields of rows that declared tasks (the configuration's section `tasks`) train on, made of
 * those that the data has: of each task its labels, and which rows train it. */
#ifndef TD_DATA_TASK_FIELDS_H
#define TD_DATA_TASK_FIELDS_H

#include "data/frame.h"
#include "data/schema.h"
#include "tandem/config.h"

struct td_dataset; /* data/dataset.h, which knows files */

enum { TD_TASK_FIELD_BYTES = 96 };

typedef struct {
    char name[TD_TASK_FIELD_BYTES];
} td_task_field;

/* Local. The names of a task's fields, which no schema has: labels (float32), and bytes that are
 * not 0 for the rows that train it: those with a label that its `where` holds for. */
td_task_field td_task_label_field(const td_task_config *task);
td_task_field td_task_rows_field(const td_task_config *task);

/* The task `rating` as it would be declared. */
extern const td_task_config td_task_rating;

/* Local. Whether tasks have such fields: those that are declared, and `rating` where the schema's
 * label misses values, which has its rows alone. */
bool td_task_fields_are_needed(const td_config *config, const td_schema *schema);

/* Collective. Adds them to rows, which have the schema's fields of rows. TD_ERR_CONFIG, naming the
 * key and its place, if a label is neither a number of rows nor a condition, or a condition names
 * what it cannot. */
td_status td_task_fields_add(struct td_dataset *data, const td_config *config, td_frame *rows);

#endif
