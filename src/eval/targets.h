/* What predictions are measured against: the labels of the tasks that are heads of the model, and
 * those of the data, which belong to the task `rating`, also where the model has no such head: a
 * system beside it may predict them all the same. The rows of a task are those that would train it,
 * whatever their weights.
 */
#ifndef TD_EVAL_TARGETS_H
#define TD_EVAL_TARGETS_H

#include "data/dataset.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *task;
    bool has_head;           /* of the configuration's model, */
    const td_head_net *head; /* which is that one, if there is a model; else NULL */
    const td_loss *loss;
    const char *label; /* field of rows, which td_targets_read_labels adds where need be */
    const char *rows;  /* field of bytes, not 0 for the task's rows, where rows have it */
    float low, high;   /* of the labels that statistics are of; NaN where none are */
} td_target;

typedef struct {
    size_t count;
    td_target *target; /* (count): that of `rating` first, then in the order of the tasks */
} td_targets;

/* Local. Finds those of a configuration and its model, which is NULL before there is one; all of
 * them and data must last as long. td_targets_free frees them. */
td_targets td_targets_find(const td_config *config, const td_model *model, const td_dataset *data);
void td_targets_free(td_targets *targets);

/* Collective. Adds the labels of the model's tasks to rows, which have all fields of rows
 * and are of the users at place (rows) in the file; NULL: of those of their ids. */
td_status td_targets_read_labels(td_comm *comm, const td_model *model, td_dataset *data,
                                 const int64_t *place, td_rows *rows);

/* Collective. Reads this rank's users' training rows, with those labels. */
td_status td_targets_read_training(td_comm *comm, const td_model *model, td_dataset *data,
                                   td_rows *rows);

/* Local. Returns the labels (rows->count), NaN for rows that have none or are not of the task; the
 * caller frees them with td_free. */
float *td_target_labels(const td_target *target, const td_rows *rows);

/* Local. Tells whether it is the data's own label, whose metrics bear no task's name. */
bool td_target_is_rating(const td_target *target);

#endif
