/* The fields of rows that the entries of the configuration's section `tasks` are trained on, made
 * of those that the data has: of each task its labels, its rows' weights, and which rows train it.
 */
#ifndef TD_DATA_TASK_FIELDS_H
#define TD_DATA_TASK_FIELDS_H

#include "data/rows.h"
#include "tandem/config.h"

struct td_comm;    /* comm/comm.h, which knows ranks, */
struct td_dataset; /* and data/dataset.h, which knows files */

enum { TD_TASK_FIELD_BYTES = 96 };

/* Labels and weights are float32. Rows are bytes that are not 0 for the rows that train the task:
 * those that have a label and a weight, where the task has such fields, that its `where` holds for,
 * and that are no negatives, which are bytes as well. */
typedef enum { TD_TASK_LABEL, TD_TASK_WEIGHTS, TD_TASK_ROWS, TD_TASK_NEGATIVES } td_task_part;

typedef struct {
    char name[TD_TASK_FIELD_BYTES];
} td_task_field;

/* Local. The name of a task's field, which no schema has. Rows lack the fields that a task does not
 * need: all train it, with the weights of the role. */
td_task_field td_task_field_of(const td_task_config *task, td_task_part part);

/* The task `rating` as an entry that says nothing. */
extern const td_task_config td_task_rating;

/* Local. Whether tasks have such fields: those of entries, and `rating` where the schema's label
 * misses values, which has its rows alone. */
bool td_task_fields_are_needed(const td_config *config, const td_schema *schema);

/* Collective. Adds the labels and rows of all entries, as td_task_fields_add does, for rows that
 * nothing is trained on: whatever their weights are. Their users are those at place (rows) in the
 * file; NULL: those of their ids. */
td_status td_task_labels_add(struct td_comm *comm, struct td_dataset *data, const td_config *config,
                             const int64_t *place, td_rows *rows);

/* Collective. Adds the fields of all entries to rows, which have the schema's fields of rows.
 * TD_ERR_CONFIG, naming the key and its place,
 * if a label is neither a number of rows nor a condition, a weight no number of rows, or a
 * condition names what there is not; TD_ERR_INPUT for a weight of 0 or less. */
td_status td_task_fields_add(struct td_comm *comm, struct td_dataset *data, const td_config *config,
                             td_rows *rows);

#endif
