/* The checkpoints of a run folder: which there are, which is the newest whole one, which may go.
 *
 * Functions are Collective; rank 0 looks at the folder, and all ranks get the same answer.
 */
#ifndef TD_RUN_CHECKPOINTS_H
#define TD_RUN_CHECKPOINTS_H

#include "comm/comm.h"
#include "eval/metric.h"
#include "eval/metrics.h"
#include "tandem/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists the steps of the files that have a checkpoint's name, ascending, in a block that the caller
 * frees with td_free. TD_ERR_FILE where the folder cannot be read. */
td_status td_checkpoints_list(td_comm *comm, const char *run, size_t *count, int64_t **steps);

/* Finds the newest checkpoint that is whole: it is read, and its checksums agree. One that is not
 * is named in a warning, with the reason, and skipped. One that cannot be read, and may be whole,
 * is skipped where skips_unread, as in training, which comes to the same end from an older one;
 * else it is TD_ERR_FILE, since another checkpoint is another answer. *step is -1 if there is none
 * at all; TD_ERR_FORMAT if there are some, but no whole one. */
td_status td_checkpoints_find_newest(td_comm *comm, const char *run, bool skips_unread,
                                     int64_t *step);

/* The metric that chooses checkpoints, and the task whose predictions it is of (NULL: it is of
 * places). metric is NULL where the training loss chooses, or nothing. */
typedef struct {
    const td_metric *metric;
    const char *task; /* the configuration's */
} td_measure;

/* Local. What a choice of checkpoint.keep_best (TD_KEEP_BEST_AUTO, ...) stands for. */
td_measure td_checkpoints_measure(const td_config *config, int keep_best);

/* Local. The task in a measure's name, as td_metric_value has it: NULL for places, and for the task
 * `rating`. */
const char *td_measure_named_task(const td_measure *measure);

/* Local. Checks that what training evaluates tells the best checkpoint by checkpoint.keep_best, and
 * says so where test rows do, or a sample; TD_ERR_CONFIG if eval.metrics lacks that metric, or if
 * train.patience has no validation rows to go by. */
td_status td_checkpoints_check(const td_config *config, const td_data_info *info);

/* What chose a checkpoint. */
typedef struct {
    td_split split; /* TD_TRAIN for a loss */
    int64_t sample; /* so many of its rows (eval.sample); 0: all */
    int64_t among;  /* so many steps have a value, checkpoints or not; of one nothing was chosen */
} td_chosen_by;

/* Local. The best of these steps of checkpoints, ascending, as far as metrics know them, by a
 * choice of checkpoint.keep_best (TD_KEEP_BEST_AUTO, ...); the earliest of equals, -1 if none
 * is known. Only evaluations of one split under the same settings are compared: of validation rows
 * if there are any, else of test rows; those of the most rows, since a sample's say less; of equals
 * those under config's own settings. config also says what the tasks weigh in the loss. *by is set
 * to what chose. */
int64_t td_checkpoints_best(int keep_best, const td_config *config, const td_metrics *metrics,
                            size_t count, const int64_t *steps, td_chosen_by *by);

/* What the evaluations of a training say so far, by checkpoint.keep_best. */
typedef struct {
    td_measure measure; /* without a metric nothing below is known */
    int64_t k;          /* the largest of eval.ks; 0 for a metric without */
    td_split split;
    int64_t last_step; /* of the last evaluation; -1: there was none, and values are NaN */
    double last;
    int64_t best_step; /* of the best one, the earliest of equals */
    double best;
    int64_t since_best; /* evaluations after that */
} td_best_so_far;

/* Local. The same on every rank and after every resume: what metrics, training's own, have of this
 * split under config's present settings. */
td_best_so_far td_checkpoints_best_so_far(const td_config *config, const td_metrics *metrics,
                                          td_split split);

/* Removes all but the newest checkpoint.keep ones and the best by checkpoint.keep_best of those
 * that metrics know, and that of training's own evaluations under train.patience; never the one at
 * newest. What cannot be removed is a warning. */
td_status td_checkpoints_remove_old(td_comm *comm, const char *run, const td_config *config,
                                    const td_metrics *metrics, int64_t newest);

/* Removes what killed jobs left half-written of the run's files. For the owner of the run, who
 * alone writes most of them; metrics.h5, which evaluations write too, and owner.json stay while a
 * process of this machine has them open. */
td_status td_checkpoints_remove_leftovers(td_comm *comm, const char *run);

#endif
