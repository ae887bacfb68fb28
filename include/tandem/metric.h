/* A metric's value, and the words for it. */
#ifndef TANDEM_METRIC_H
#define TANDEM_METRIC_H

#include <stdint.h>

/* One cell of an evaluation. The texts last as long as the program; "k" in them is for the k. */
typedef struct {
    const char *system; /* whose scores and predictions: "model", "popularity" */
    const char *metric; /* as in files and eval.metrics: "top_k_categorical_accuracy" */
    const char *label;  /* as in tables: "top-k" */
    const char *text;   /* what it is: "top-k categorical accuracy" */
    int64_t k;          /* 0 for a metric without */
    double value;       /* NaN if what it is of is no number, or if there is nothing to measure */
} td_metric_value;

/* Local. Returns a text with its word "k" replaced: "top_5_categorical_accuracy"; as it is if k is
 * 0. The caller frees it with td_free (tandem/memory.h). */
char *td_metric_text(const char *text, int64_t k);

#endif
