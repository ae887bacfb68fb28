/* The tasks of a model, by number: what their losses, sums, log and files are indexed by.
 *
 * A task is retrieval (retrieval.h), or a head on the two embeddings with a loss (head.h, loss.h).
 * Each has the field of its labels, that of its rows' weights, and the rows that train it
 * (data/batches.h); means are over these rows alone. All functions are Local.
 */
#ifndef TD_MODEL_TASK_H
#define TD_MODEL_TASK_H

#include "base/range.h"
#include "math/exact_sum.h"
#include "model/inputs.h"
#include "model/layers.h"
#include "model/loss.h"
#include "tandem/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The task that labels of the data are for, unless others are declared. */
#define TD_TASK_RATING "rating"

/* What the configuration says of a task. */
typedef struct {
    const char *name;
    const td_loss *loss; /* of a head; NULL: retrieval */
    double weight; /* of the loss in the whole; 0: the task is not trained, but may be measured */
    bool is_mean;  /* what is trained is the mean over the rows, else their sum */
    float delta;   /* of the loss */
    const char *label;         /* field of the labels; NULL for retrieval */
    const char *weights;       /* field of the rows' weights; NULL: all weigh the same */
    const char *trains;        /* field of bytes, not 0 for the rows that train it; NULL: all do */
    const char *negatives;     /* field of bytes, not 0 for what is negative to its user's rows */
    int input;                 /* TD_INPUT_CONCAT ..: what a head reads of the embeddings */
    td_name_list features;     /* what a head reads besides, of rows */
    const char *biases[2];     /* tables of width 1, by user and by item; NULL: none */
    bool starts_at_mean;       /* a head's last bias does */
    const td_int_list *hidden; /* units of a head's ReLU layers, before the linear one of 1 */
    double dropout;            /* after each of them */
    const char *prefix;        /* of the names of a head's tensors */
} td_task;

/* The number of tasks that a configuration has, and task k of them. What it points to is the
 * configuration's. */
size_t td_task_count(const td_config *config);
td_task td_task_of(const td_config *config, size_t k);

/* TD_ERR_CONFIG, naming key and what was expected, if an entry of tasks has a loss that is none. */
td_status td_tasks_check(const td_config *config);

/* A loss of some rows. */
typedef struct {
    td_exact sum; /* in units of 2^(coarser - TD_EXACT_TOTAL); 0 where it was not computed */
    int64_t rows; /* that train the task */
    int coarser;
} td_task_loss;

/* Returns the sum. */
double td_task_loss_sum(const td_task_loss *loss);

/* Adds what more has to sums (tasks): in the coarser of both units, to which the other sum is
 * rounded, or in the finest above it in which no sum can overflow. */
void td_task_losses_add(size_t tasks, td_task_loss *sums, const td_task_loss *more);

/* Rows of a tile that train a task, contiguous. */
typedef struct {
    size_t count;
    const float *u;       /* (count, width): query embeddings */
    const int32_t *own;   /* (count): the column of each row's item */
    const int32_t *users; /* (count): ids, and of items, for a head with biases */
    const int32_t *items;
    td_inputs inputs;       /* (count): of what a head reads besides the embeddings */
    const float *labels;    /* (count); NULL for retrieval */
    const float *weights;   /* (count) */
    const td_range *masked; /* (count): row i has columns masked_columns[masked[i].first] and */
    const int32_t *masked_columns; /* so on, ascending, that are no negatives of it; NULL: none */
    const td_range *negatives;     /* (count): likewise negatives besides the batch's; NULL: none */
    const int32_t *negative_columns;
} td_task_rows;

#endif
