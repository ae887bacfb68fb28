/* The table of metrics, and the value of each for one row or user. */
#include "eval/metric.h"

#include "base/memory.h"
#include "math/elementary.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* 1 if the row's item is among the k best. */
static td_weighted hit(const td_unit *unit, int64_t k)
{
    return (td_weighted){unit->place[0] <= k ? 1 : 0, 1};
}

/* A row without a label has no error. */
static td_weighted of_label(const td_unit *unit, float value)
{
    return isnan(unit->label[0]) ? (td_weighted){0, 0} : (td_weighted){value, 1};
}

/* |p - y|; NaN beyond any label's range, where the model is broken and squares leave that of exact
 * sums. */
static float error_of(const td_unit *unit)
{
    const float error = fabsf(unit->prediction[0] - unit->label[0]);
    return error <= 1e4F ? error : NAN;
}

static td_weighted absolute_error(const td_unit *unit, int64_t k)
{
    (void)k;
    return of_label(unit, error_of(unit));
}

static td_weighted squared_error(const td_unit *unit, int64_t k)
{
    (void)k;
    const float error = error_of(unit);
    return of_label(unit, error * error);
}

/* The share of the user's items that are among the k best. */
static td_weighted recall(const td_unit *unit, int64_t k)
{
    size_t found = 0;
    while (found < unit->items && unit->place[found] <= k)
        found++;
    return (td_weighted){(float)found / (float)unit->items, 1};
}

/* The sum of 1 / log2(place + 1) over the user's items among the k best, in shares of what it is
 * where they are at the first places. */
static td_weighted ndcg(const td_unit *unit, int64_t k)
{
    double gain = 0, ideal = 0;
    for (size_t i = 0; i < unit->items && (int64_t)i < k; i++) {
        ideal += 1 / (double)td_ln((float)(i + 2)); /* ln for log2: the quotient is the same */
        gain += unit->place[i] <= k ? 1 / (double)td_ln((float)(unit->place[i] + 1)) : 0;
    }
    return (td_weighted){(float)(gain / ideal), 1};
}

enum { PER_ROW, PER_USER }; /* td_metric.of_users */
enum { WITHOUT_K, AT_K };   /* td_metric.has_k */

const td_metric td_all_metrics[] = {
    {TD_METRIC_ACCURACY, "top-k", "top-k categorical accuracy", PER_ROW, AT_K, TD_NEEDS_ITEM_RANKS,
     hit, NULL},
    {TD_METRIC_RMSE, "RMSE", "root mean squared error", PER_ROW, WITHOUT_K, TD_NEEDS_PREDICTIONS,
     squared_error, sqrt},
    {"mean_absolute_error", "MAE", "mean absolute error", PER_ROW, WITHOUT_K, TD_NEEDS_PREDICTIONS,
     absolute_error, NULL},
    {"recall_at_k", "recall@k", "recall@k of users", PER_USER, AT_K, TD_NEEDS_ITEM_RANKS, recall,
     NULL},
    {"ndcg_at_k", "NDCG@k", "NDCG@k of users", PER_USER, AT_K, TD_NEEDS_ITEM_RANKS, ndcg, NULL},
};

const size_t td_all_metrics_count = sizeof td_all_metrics / sizeof *td_all_metrics;

const td_metric *td_metric_find(const char *name)
{
    for (size_t i = 0; i < td_all_metrics_count; i++)
        if (strcmp(td_all_metrics[i].name, name) == 0)
            return &td_all_metrics[i];
    return NULL;
}

/* Returns where the word "k" stands in a text, or its end. */
static const char *find_k(const char *text)
{
    const char *at = text;
    while (*at && !(*at == 'k' && (at == text || !isalnum((unsigned char)at[-1])) &&
                    !isalnum((unsigned char)at[1])))
        at++;
    return at;
}

/* "top-k" and 5 give "top-5". */
char *td_metric_text(const char *text, int64_t k)
{
    const char *at = k > 0 ? find_k(text) : text + strlen(text);
    if (*at)
        return td_print_text("%.*s%" PRId64 "%s", (int)(at - text), text, k, at + 1);
    return td_copy_text(text);
}
