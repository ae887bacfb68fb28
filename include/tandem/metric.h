/* A metric's value, and the words for it. */
#ifndef TANDEM_METRIC_H
#define TANDEM_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One cell of an evaluation. The texts last as long as the program; "k" in them is for the k. */
typedef struct {
    const char *system; /* whose scores and predictions: "model", "popularity" */
    bool is_of_model;   /* that this is the model */
    const char *by; /* the settings of baseline.* that it learned by, "days=30"; NULL for none */
    const char *metric; /* as in eval.metrics: "top_k_categorical_accuracy" */
    const char *task;   /* whose predictions it is of, without which it has no name; NULL: of lists,
                           or of the task `rating` */
    const char *label;  /* as in tables: "top-k" */
    const char *text;   /* what it is: "top-k categorical accuracy" */
    int64_t k;          /* 0 for a metric without */
    bool is_ranked;     /* of lists, which every system has; else of predictions */
    bool is_mean;       /* over rows or users, so that each user has a value */
    double value;       /* NaN if what it is of is no number, or if there is nothing to measure */
    double low, high;   /* where 95 % of its resamples lie; NaN where they were not asked for */
} td_metric_value;

/* How a metric of the model differs from that of another system, or of other runs' model. */
typedef struct {
    const char *system; /* the other one; NULL: the other runs' model */
    const char *metric; /* these four as in td_metric_value */
    const char *task;
    const char *label;
    int64_t k;
    double other;         /* the other one's value */
    double difference;    /* the model's, less the other one's */
    double low, high;     /* where 95 % of its resamples lie */
    double better, worse; /* the shares of users for whom the model's is the better, or the worse;
                             NaN of what is no mean */
    double p; /* that it is chance, two-sided, with Holm's correction over all that the metric is
                 compared with */
} td_metric_difference;

/* The rows of one group of eval.by (docs/metrics.md). */
typedef struct {
    char *name;
    int64_t rows;  /* that were asked */
    int64_t users; /* that have such rows */
    double *value; /* (values of the evaluation): of these; NaN for what is not measured by group */
} td_metric_group;

/* What was asked, in numbers of rows and users: values are means over these. */
typedef struct {
    int64_t rows;              /* that were asked */
    int64_t users;             /* that have such rows */
    int64_t repeats;           /* rows whose user and item are in training rows, too */
    int64_t outside;           /* rows asked whose item is no candidate: misses */
    int64_t unknown_user_rows; /* rows asked of users that the vocabulary lacks */
    int64_t new_users;         /* users asked who have no training row */
    int64_t idle_users;        /* users with rows of which none is left to ask: not in users */
    int64_t candidates;        /* before what is left out for a user */
    int64_t older_rows;        /* rows asked that are older than the newest training row */
    int64_t tied_rows;         /* whose item scores the same as more than so many others, by the */
    int64_t tied_with;         /* model */
} td_evaluation_counts;

/* Local. Returns the name of a value in files: "top_5_categorical_accuracy", "like_log_loss" of the
 * task like; with k 0 that of all k. The caller frees it with td_free (tandem/memory.h). */
char *td_metric_name(const char *task, const char *metric, int64_t k);

/* Local. Returns a text with its word "k" replaced: "top_5_categorical_accuracy"; as it is if k is
 * 0. The caller frees it with td_free (tandem/memory.h). */
char *td_metric_text(const char *text, int64_t k);

/* Local. Tells whether two values, maybe of different systems, are of one metric, k and task. */
bool td_metric_is_same(const td_metric_value *a, const td_metric_value *b);

#ifdef __cplusplus
}
#endif

#endif
