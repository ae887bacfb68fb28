/* The metrics of a run over its steps: a file that grows, evaluation by evaluation.
 *
 * A group per split holds the steps that were evaluated, ascending, the ks, and a dataset steps x
 * ks per metric; the group "training" holds the mean loss of each epoch at its last step. An
 * evaluation at a step that is there already takes its place; where evaluations asked for
 * different ks, what was not computed is NaN. The layout is in docs/formats.md.
 *
 * Functions are Local unless marked; a td_metrics is freed with td_metrics_free.
 */
#ifndef TD_EVAL_METRICS_H
#define TD_EVAL_METRICS_H

#include "comm/comm.h"
#include "eval/evaluation.h"
#include "store/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_METRICS_FORMAT  "tandem-metrics"
#define TD_METRICS_VERSION 3

/* A vector of steps and a matrix of values per metric, (count, columns). */
typedef struct {
    size_t count;
    int64_t *steps;
    int64_t *rows; /* (count): that were evaluated */
    size_t columns;
    int64_t *ks; /* (columns), ascending */
    double *model;
    double *popularity;
    double *rmse; /* (count), as the next; NaN for a model without rating head */
    double *mae;
} td_split_metrics;

typedef struct {
    size_t count;
    int64_t *steps;
    double *retrieval; /* NaN for a task that was not trained */
    double *rating;
} td_loss_metrics;

typedef struct {
    td_split_metrics split[TD_SPLITS]; /* by td_split */
    td_loss_metrics training;
} td_metrics;

void td_metrics_free(td_metrics *metrics);

/* Collective. Makes the datasets of the metrics, as groups below prefix ("" or "metrics/") of a
 * file being written; fills them, once all datasets of the file are made. */
td_status td_metrics_make(td_file *file, td_comm *comm, const char *prefix,
                          const td_metrics *metrics);
td_status td_metrics_fill(td_file *file, td_comm *comm, const char *prefix,
                          const td_metrics *metrics);

/* Collective. Reads them from an open file, whose checksums must agree; what is not there gives no
 * metrics. */
td_status td_metrics_read(td_file *file, td_comm *comm, const char *prefix, td_metrics *metrics);

/* Collective. Reads the file at path; one that does not exist gives no metrics. */
td_status td_metrics_load(td_comm *comm, const char *path, td_metrics *metrics);

/* Collective. The same, but a file that is damaged gives no metrics and a warning that says so. */
td_status td_metrics_restore(td_comm *comm, const char *path, td_metrics *metrics);

/* Collective. Replaces the file at path by these metrics, if guard (NULL: none) allows it. */
td_status td_metrics_save(td_comm *comm, const char *path, const td_metrics *metrics,
                          const td_file_guard *guard);

/* Puts an evaluation at its step. One of as many rows replaces what it has itself; one of another
 * number of rows replaces everything that is there. */
void td_metrics_add(td_metrics *metrics, td_split split, int64_t step,
                    const td_evaluation *evaluation);

/* Puts an epoch's mean losses per example at its last step. */
void td_metrics_add_losses(td_metrics *metrics, int64_t step, double retrieval, double rating);

/* Adds what from has and into has not, or has as NaN, but nothing to an evaluation of another
 * number of rows. */
void td_metrics_merge(td_metrics *into, const td_metrics *from);

/* Tells whether there are none. */
bool td_metrics_are_empty(const td_metrics *metrics);

/* Forgets what lies after a step. */
void td_metrics_cut(td_metrics *metrics, int64_t step);

#endif
