/* What is measured of one system: its lists, and its predictions of each target that it has. */
#ifndef TD_EVAL_SYSTEM_METRICS_H
#define TD_EVAL_SYSTEM_METRICS_H

#include "eval/asked_block.h"
#include "eval/calibration.h"
#include "eval/certainty.h"
#include "eval/groups.h"
#include "eval/list_counts.h"
#include "eval/metric_totals.h"
#include "eval/row_auc.h"
#include "eval/systems.h"
#include "tandem/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Metrics of the lists, or of the predictions of one target. */
typedef struct {
    const td_target *target; /* NULL: of lists */
    td_metric_totals totals;
    td_row_auc auc;
    td_row_auc *auc_of_group; /* (groups) */
    td_kept_lists lists;
    td_calibration calibration; /* of predictions, if measures say so */
} td_measured;

/* What is measured of every system. */
typedef struct {
    const td_config *config; /* eval.* */
    int64_t candidates;      /* the most that a list has, as often as they count */
    td_listable listable;    /* where lists are asked for */
    const td_groups *groups; /* of rows */
    bool calibrates;
} td_measures;

typedef struct {
    td_fitted *fitted;
    const td_measures *measures;
    size_t parts;
    td_measured *part; /* (parts): lists first, then by target; none without a metric */
    size_t columns;    /* metrics of all parts, by k */
} td_system_metrics;

/* Local. Prepares those metrics that a system can be measured by. What it is made of must last as
 * long. td_system_metrics_free frees it. */
td_system_metrics td_system_metrics_create(td_fitted *fitted, const td_measures *measures);
void td_system_metrics_free(td_system_metrics *metrics);

/* Collective. Adds the rows of a block; kept says where each user's sums go, and is moved on to
 * the next system's columns. tied, unless NULL, gets the number of rows whose item ties with more
 * than so many others added. */
td_status td_system_metrics_add(td_system_metrics *metrics, const td_asked_block *block,
                                td_kept_users *kept, int64_t more_than, int64_t *tied);

/* Collective, after the last block. Sets value (columns), from a column on, and the same columns of
 * each group, to what was measured. */
void td_system_metrics_finish(td_system_metrics *metrics, size_t column, td_metric_value *value,
                              td_metric_group *group);

/* Collective, once it is finished. Sets what is no mean over rows or users, in its columns, from
 * one on, of resamples of the users. */
void td_system_metrics_resample(const td_system_metrics *metrics, size_t column, uint64_t seed,
                                td_resamples *resamples);

#endif
