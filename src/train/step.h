/* One optimizer update on one global batch: the order of ARCHITECTURE.md section 3. */
#ifndef TD_TRAIN_STEP_H
#define TD_TRAIN_STEP_H

#include "base/stopwatch.h"
#include "comm/comm.h"
#include "data/batches.h"
#include "model/model.h"
#include "run/epoch_facts.h"

#include <stdbool.h>

typedef struct td_trainer td_trainer;

/* Wishes of any rank, a bit each, that all must know of at the same step (session.h names them).
 * Every bit is one more sum in each step's messages. */
typedef uint8_t td_requests;

/* What one call is given. None of it is kept or consumed: the same step may run again. */
typedef struct {
    const td_batch *batch; /* this rank's part */
    const td_batch *next;  /* its part of the batch of step number + 1, whose items are then counted
                              in this step's messages; NULL: unknown, on every rank */
    int64_t updates;       /* that the optimizer's state counts from before step 1 */
    int64_t number;        /* of the step, from 1; 0, where it measures, hides no ids */
    td_requests requests;  /* this rank's; they travel with the sums, so they cost no message */
    bool measures;         /* only the losses, those of all tasks; nothing changes */
    bool norms;            /* td_trainer_norms is asked for afterwards; no other bit changes */
} td_step;

/* What a step did, the same on every rank. */
typedef struct {
    int64_t rows;
    td_requests requests;       /* those of all ranks */
    double gradient_norm;       /* of the whole gradient, where optimizer.clip_norm asks for it */
    const td_task_loss *losses; /* (tasks of the model), valid until the next call */
} td_step_report;

/* Collective. Makes room for steps of this model on this rank's threads (OpenMP's present number).
 * item_bias (items of the model), needed with retrieval.log_q only, is -log of an item's share of
 * the rows. Keeps comm, model and item_bias by reference. Free it with
 * td_trainer_free. */
td_trainer *td_trainer_create(td_comm *comm, td_model *model, const float *item_bias,
                              const td_batch_limits *limits);
void td_trainer_free(td_trainer *trainer);

/* Local. From now on the items of a user's rows are no negatives for the user: of those of rows,
 * all that this rank has, that train retrieval. Nothing of rows is kept. */
void td_trainer_mask_own(td_trainer *trainer, const td_rows *rows);

/* Collective. Takes a step: losses, gradients and the update of the model; or, where it measures,
 * the losses alone, whatever the tasks' weights. Rows of owned tables must be with the rank that
 * has the user's rows, or the item's range. Once the buffers have met their largest step, no memory
 * is taken. Where terms do not fit the units of exact sums (model/sum_units.h), it is done again in
 * coarser ones, which are in the model for the next step. TD_ERR_NUMERIC, on every rank, if a loss
 * or gradient is not finite or too large for any, naming tensor and step; the model is then as it
 * was before the step. */
td_status td_trainer_step(td_trainer *trainer, const td_step *step, td_step_report *report);

/* Local. The stopwatch of a thread, below OpenMP's number when the trainer was made: where the time
 * of all steps went. It runs on while no step does: look before and after. */
td_stopwatch *td_trainer_stopwatch(const td_trainer *trainer, int thread);

/* Collective, after a step that was to have norms. Sets norms (tasks of the model + 1) to those of
 * the gradients at the query tower's output, over all rows: of each task's loss, and of all. */
void td_trainer_norms(td_trainer *trainer, double *norms);

/* Collective, likewise. Returns the norms of each group of parameters, which last until the next
 * such step; asked for once. *count is set to how many groups there are. */
const td_group_norms *td_trainer_group_norms(td_trainer *trainer, size_t *count);

/* Collective, after a step. Returns how far the embeddings of its items lie apart: 1 - |mean|^2 /
 * mean |v|^2, 0 if they are all the same; NaN where all are 0 or any is too large. */
double td_trainer_item_spread(const td_trainer *trainer);

/* Local. The gradient of the last step that did not measure, as floats in the shape of the
 * parameters' block (size), so of owned tables the rows that are here; rows that no rank touched
 * are 0. For tests and reports.
 */
void td_trainer_gradient(const td_trainer *trainer, float *gradient);

#endif
