/* The metrics of a run over its steps, in memory and in a file that grows, evaluation by
 * evaluation.
 *
 * They are tables of named values. A table holds the evaluations of one split under the same
 * settings ("test/candidates=rows,..."), so that no two numbers of one table differ in what they
 * measure; "training" holds the mean losses of each epoch at its last step. A column is what one
 * system, by its own settings, has of one metric ("model/top_k_categorical_accuracy",
 * "biases,damping=10/mean_absolute_error"), a value for each step, or for each step and k. An
 * evaluation at a step that is there takes its place; what was not computed is NaN. The layout of
 * the file is in docs/formats.md.
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
#define TD_METRICS_VERSION 4

/* Names of a table and of columns that no evaluation's values give. */
#define TD_TRAINING_TABLE "training"
#define TD_ROWS_COLUMN    "rows" /* how many were evaluated */

typedef struct {
    char *name;
    bool has_k;
    double *value; /* (steps, ks) if it has k, else (steps) */
} td_metrics_column;

typedef struct {
    char *name;
    size_t steps;
    int64_t *step; /* (steps), ascending */
    size_t ks;
    int64_t *k; /* (ks), ascending: of all columns that have k */
    size_t columns;
    td_metrics_column *column; /* (columns), ascending by name */
} td_metrics_table;

typedef struct {
    size_t count;
    td_metrics_table *table; /* (count), ascending by name */
} td_metrics;

void td_metrics_free(td_metrics *metrics);

/* Puts a value into a column of a table at a step, and at a k if k > 0; table, column, step and k
 * are made where there are none. */
void td_metrics_put(td_metrics *metrics, const char *table, const char *column, int64_t step,
                    int64_t k, double value);

/* Returns a value of a table (NULL for none), NaN for one that is not there. */
double td_metrics_value(const td_metrics_table *table, const char *column, int64_t step, int64_t k);

/* Returns the table of this name, NULL if there is none. */
const td_metrics_table *td_metrics_find(const td_metrics *metrics, const char *table);

/* The same, made if there is none; it stays where it is until the next is made. */
td_metrics_table *td_metrics_need(td_metrics *metrics, const char *table);

/* Gives a table a column that it has not: one value for each of its steps, and ks if it has k. The
 * values are the table's from then on. */
void td_metrics_take_column(td_metrics_table *table, const char *name, bool has_k, double *values);

/* Puts an evaluation at its step. */
void td_metrics_add(td_metrics *metrics, int64_t step, const td_evaluation *evaluation);

/* Puts an epoch's mean loss of a task at the epoch's last step; NaN for a task that is not trained.
 */
void td_metrics_add_loss(td_metrics *metrics, int64_t step, const char *task, double mean);

/* Returns it; NaN if it is not there. */
double td_metrics_loss(const td_metrics *metrics, int64_t step, const char *task);

/* Adds what from has and into has not, or has as NaN; of losses whole epochs that into has not. */
void td_metrics_merge(td_metrics *into, const td_metrics *from);

/* Forgets what lies after a step. */
void td_metrics_cut(td_metrics *metrics, int64_t step);

/* Collective. Makes the datasets of the metrics, as groups below prefix ("" or "metrics/") of a
 * file being written; fills them, once all datasets of the file are made. */
td_status td_metrics_make(td_file *file, const char *prefix, const td_metrics *metrics);
td_status td_metrics_fill(td_file *file, const char *prefix, const td_metrics *metrics);

/* Collective. Reads them from an open file, whose checksums must agree; what is not there gives no
 * metrics. */
td_status td_metrics_read(td_file *file, const char *prefix, td_metrics *metrics);

/* Collective. Reads the file at path; one that does not exist gives no metrics. */
td_status td_metrics_load(td_comm *comm, const char *path, td_metrics *metrics);

/* Collective. The same, but a file that is damaged gives no metrics and a warning that says so. */
td_status td_metrics_restore(td_comm *comm, const char *path, td_metrics *metrics);

/* Collective. Replaces the file at path by these metrics, if guard (NULL: none) allows it. */
td_status td_metrics_save(td_comm *comm, const char *path, const td_metrics *metrics,
                          const td_file_guard *guard);

#endif
