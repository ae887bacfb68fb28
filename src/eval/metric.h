/* The metrics: a table of functions that give a value and a weight of each row, or of each user:
 * where scores tie, the mean over all orders of the equal ones (McSherry and Najork 2008).
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
    TD_NEEDS_ITEM_RANKS = 1, /* where a system ranks the items of rows: td_unit.tie */
    /* What a system predicts for rows, td_unit.prediction: a number, or of a task whose labels are
     * classes the probability of 1. */
    TD_NEEDS_PREDICTIONS = 2,
    TD_NEEDS_PROBABILITIES = 4,
    TD_NEEDS_LISTS = 8 /* the users' lists themselves (list_counts.h) */
};

/* Candidates of equal scores in the list of a unit: they take the places before + 1 .. before +
 * count, and `items` of them are the unit's, in an order that is as likely as any other. What is in
 * one certain order is a tie of which all are the unit's. */
typedef struct {
    int64_t before;
    int64_t count;
    int64_t items; /* from 1 to count */
} td_tie;

/* A row, or all rows of a user. */
typedef struct {
    size_t items;        /* distinct ones, misses too; 1 for a row */
    size_t ties;         /* that hold those which are no misses */
    const td_tie *tie;   /* (ties), ascending, the unit's items of one before those of the next */
    int64_t candidates;  /* of the longest list, the unit's items among them; 0: not counted */
    const double *gains; /* (places + 1): [n] is the sum of 1 / ln(place + 1) up to place n */
    int64_t places;      /* no k and no place is beyond it, or differs from it there */
    size_t rows;         /* 1 for a row */
    const float *prediction; /* (rows) */
    const float *label;      /* (rows) */
} td_unit;

typedef struct {
    float value;
    float weight;
} td_weighted;

typedef struct {
    const char *name; /* these three as in td_metric_value, without a task */
    const char *label;
    const char *text;
    bool of_users; /* a value for each user; else for each row, or for all together */
    bool has_k;
    bool is_error; /* less is better */
    int needs;
    /* NULL: it is no mean over rows or users, and found otherwise (row_auc.h,
     * list_counts.h). */
    td_weighted (*value)(const td_unit *unit, int64_t k);
    double (*finish)(double mean); /* the metric, of the weighted mean; NULL: the mean itself */
} td_metric;

/* Those that the best checkpoint is chosen by. */
#define TD_METRIC_ACCURACY "top_k_categorical_accuracy"
#define TD_METRIC_RMSE     "root_mean_squared_error"

/* The only one of td_unit.candidates. */
#define TD_METRIC_AUC "auc"

extern const td_metric td_all_metrics[];
extern const size_t td_all_metrics_count;

/* Returns the metric of this name, NULL if there is none. */
const td_metric *td_metric_find(const char *name);

/* Local. Returns the metric of a weighted sum of values and the sum of the weights. */
double td_metric_of_sums(const td_metric *metric, int64_t value, int64_t weight);

/* Returns td_unit.gains up to a place; the caller frees it. */
double *td_metric_gains(int64_t places);

#endif
