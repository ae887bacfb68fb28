/* The losses of a step or an epoch, by task, as means per row that trains the task. Local. */
#ifndef TD_RUN_LOSSES_H
#define TD_RUN_LOSSES_H

#include "eval/metrics.h"
#include "model/task.h"
#include "tandem/config.h"

/* What some rows brought. A view: config, sums (tasks of config) and norms are the caller's. */
typedef struct {
    const td_config *config;
    const td_task_loss *sums;
    const double *norms; /* (tasks + 1): of the gradients at the query tower's output in one step,
                            of each task's loss and of all; NULL: not known */
} td_losses;

/* Returns the mean of task k; NaN for one that is not trained. */
double td_losses_mean(const td_losses *losses, size_t k);

/* Returns the norm of task k's gradient over the sum of all tasks'; NaN if that is not known or 0.
 */
double td_losses_share(const td_losses *losses, size_t k);

/* Returns the sum of all means, weighted as the tasks are. */
double td_losses_total(const td_losses *losses);

/* Returns the same of the means that metrics have of the epoch that ended at a step; NaN if they
 * have none. */
double td_losses_recorded(const td_config *config, const td_metrics *metrics, int64_t step);

/* Returns "loss 8.4681", or of several tasks "loss 9.62 (retrieval 8.47, rating 1.15)", followed,
 * where norms are known, by "; gradient 0.52 (retrieval 71 %, rating 29 %)"; the caller frees it
 * with td_free. */
char *td_losses_text(const td_losses *losses);

#endif
