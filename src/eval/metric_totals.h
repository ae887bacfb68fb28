/* Metrics of many rows and users: exact sums of what each adds, so that the result does not depend
 * on who adds what. */
#ifndef TD_EVAL_METRIC_TOTALS_H
#define TD_EVAL_METRIC_TOTALS_H

#include "comm/comm.h"
#include "eval/item_ranks.h"
#include "eval/metric.h"
#include "eval/user_sums.h"
#include "math/exact_sum.h"
#include "tandem/config.h"

/* The sums of one metric at one k, in units of 2^-TD_EXACT_TOTAL. */
typedef struct {
    const td_metric *metric;
    int64_t k;      /* 0 for a metric without */
    td_exact value; /* of weight * value */
    td_exact weight;
    int64_t units;        /* rows or users that were added */
    td_magnitude largest; /* of what was added */
} td_metric_total;

typedef struct {
    int needs; /* of all its metrics */
    int ties;  /* TD_TIES_EXPECTED ...: what items of equal scores are taken for */
    int64_t places;
    double *gains; /* (places + 1): td_unit.gains */
    size_t count;
    td_metric_total *total;    /* in the order of the configuration: by metric, then by k */
    size_t groups;             /* 0: none */
    td_metric_total *of_group; /* (groups, count) */
} td_metric_totals;

/* Local. Sums of the metrics that the configuration asks for (eval.metrics, eval.ks, eval.ties)
 * over lists of at most so many candidates, without those that need more than there is.
 * td_metric_totals_free frees them. */
void td_metric_totals_create(td_metric_totals *totals, const td_config *config, int needs_met,
                             int64_t candidates);
void td_metric_totals_free(td_metric_totals *totals);

/* Local. Makes sums of so many groups besides, before anything is added. */
void td_metric_totals_group(td_metric_totals *totals, size_t groups);

/* Rows of users, user by user, and what a system says of them: the same on every rank. */
typedef struct {
    size_t users;
    const int64_t *row_offsets; /* (users + 1): which rows are whose */
    const int32_t *item;        /* (rows), as the next three */
    const td_item_place *place; /* NULL if nothing needs them, as the next */
    const float *prediction;
    const float *label;
    const int64_t *candidates; /* (users): of their lists; NULL where none is counted (auc) */
    const int32_t
        *group; /* (rows): NULL: all of the first one. A user is of the last row's group */
} td_metric_rows;

/* Where what each user adds is kept: columns from one on, of users that are there already. */
typedef struct {
    td_user_sums *sums; /* NULL: nowhere */
    size_t column;
    size_t first; /* number of the first user of this rank's share */
} td_kept_users;

/* Local. Adds the rows of this rank's share of the users (td_comm_share). */
void td_metric_totals_add(td_metric_totals *totals, const td_comm *comm, const td_metric_rows *rows,
                          td_kept_users kept);

/* Collective. Sets value (count) to the metrics over all ranks: the weighted means, finished. NaN
 * where something added was no number, or where nothing was, as of a metric that is no mean. */
void td_metric_totals_finish(const td_metric_totals *totals, td_comm *comm, double *value);

/* Collective. The same of each group: value (groups, count). */
void td_metric_totals_finish_groups(const td_metric_totals *totals, td_comm *comm, double *value);

#endif
