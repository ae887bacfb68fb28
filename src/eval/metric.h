/* The metrics: a table of functions that give a value and a weight of each row, or of each user.
 * Everything else about a metric is a reduction of those, written once (metric_totals.h). The
 * formulas are in docs/metrics.md.
 *
 * To add one: a row of the table, and its name among the choices of eval.metrics
 * (tandem/config_keys.h). All functions are Local.
 */
#ifndef TD_EVAL_METRIC_H
#define TD_EVAL_METRIC_H

#include "tandem/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a metric is computed from. */
enum {
    TD_NEEDS_ITEM_RANKS = 1, /* where a system ranks the items of rows: td_unit.place */
    TD_NEEDS_PREDICTIONS = 2 /* what a system predicts for rows: td_unit.prediction */
};

/* A row, or all rows of a user. */
typedef struct {
    size_t items;            /* distinct ones; 1 for a row */
    const int64_t *place;    /* (items), ascending: their places in the list of candidates, from 1;
                                TD_NOT_RANKED for a miss */
    size_t rows;             /* 1 for a row */
    const float *prediction; /* (rows) */
    const float *label;      /* (rows) */
} td_unit;

typedef struct {
    float value;
    float weight;
} td_weighted;

typedef struct {
    const char *name; /* these three as in td_metric_value */
    const char *label;
    const char *text;
    bool of_users; /* a value for each user; else for each row */
    bool has_k;
    int needs;
    td_weighted (*value)(const td_unit *unit, int64_t k);
    double (*finish)(double mean); /* the metric, of the weighted mean; NULL: the mean itself */
} td_metric;

/* Those that the best checkpoint is chosen by. */
#define TD_METRIC_ACCURACY "top_k_categorical_accuracy"
#define TD_METRIC_RMSE     "root_mean_squared_error"

extern const td_metric td_all_metrics[];
extern const size_t td_all_metrics_count;

/* Returns the metric of this name, NULL if there is none. */
const td_metric *td_metric_find(const char *name);

#endif
