/* The table of metrics, and the value of each for one row or user. */
#include "eval/metric.h"

#include "base/memory.h"
#include "base/range.h"
#include "math/elementary.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* How many places of a tie are among the first k. */
static int64_t covered(const td_tie *tie, int64_t k)
{
    return k <= tie->before ? 0 : td_smaller(k - tie->before, tie->count);
}

/* How many of the unit's items are among the k best: of a tie, items covered / count. */
static double found(const td_unit *unit, int64_t k)
{
    double sum = 0;
    for (size_t i = 0; i < unit->ties && unit->tie[i].before < k; i++)
        sum += (double)unit->tie[i].items * (double)covered(&unit->tie[i], k) /
               (double)unit->tie[i].count;
    return sum;
}

static td_weighted once(double value)
{
    return (td_weighted){(float)value, 1};
}

/* The chance that the row's item is among the k best: 1 or 0 where nothing ties with it. */
static td_weighted hit(const td_unit *unit, int64_t k)
{
    return once(found(unit, k));
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

/* - ln of the probability of the row's label: -(y ln p + (1 - y) ln(1 - p)). What a float rounds to
 * 0 or 1 is taken for the nearest that has both; NaN stays, and is what a label beyond 0 and 1
 * gives. */
static td_weighted log_loss(const td_unit *unit, int64_t k)
{
    (void)k;
    const float least = 0x1p-24F, y = unit->label[0];
    float p = unit->prediction[0];
    p = p < least ? least : p > 1 - least ? 1 - least : p;
    const bool is_share = y >= 0 && y <= 1;
    return of_label(unit, is_share ? -(y * td_ln(p) + (1 - y) * td_ln(1 - p)) : NAN);
}

/* The share of the user's items that are among the k best. */
static td_weighted recall(const td_unit *unit, int64_t k)
{
    return once(found(unit, k) / (double)unit->items);
}

/* The same in shares of what k places can hold. */
static td_weighted recall_min(const td_unit *unit, int64_t k)
{
    return once(found(unit, k) / (double)td_smaller(k, (int64_t)unit->items));
}

/* The share of the k best that are the user's. */
static td_weighted precision(const td_unit *unit, int64_t k)
{
    return once(found(unit, k) / (double)k);
}

/* The chance that one of the user's items at least is among the k best. Of n in a tie, m the
 * user's, q covered, none is with that of m draws from the n - q others: the product of (n - q - i)
 * / (n - i), i < m. */
static td_weighted hit_rate(const td_unit *unit, int64_t k)
{
    double none = 1;
    for (size_t i = 0; i < unit->ties && unit->tie[i].before < k && none > 0; i++) {
        const td_tie *tie = &unit->tie[i];
        const int64_t others = tie->count - covered(tie, k);
        for (int64_t j = 0; j < tie->items && none > 0; j++)
            none *= others > j ? (double)(others - j) / (double)(tie->count - j) : 0;
    }
    return once(1 - none);
}

/* The sum of 1 / log2(place + 1) over the user's items among the k best, in shares of what it is
 * where they are at the first places. (ln for log2: the quotient is the same.) */
static td_weighted ndcg(const td_unit *unit, int64_t k)
{
    double gain = 0;
    k = td_smaller(k, unit->places);
    for (size_t i = 0; i < unit->ties && unit->tie[i].before < k; i++) {
        const td_tie *tie = &unit->tie[i];
        const double *from = unit->gains + tie->before;
        gain += (double)tie->items / (double)tie->count * (from[covered(tie, k)] - *from);
    }
    return once(gain / unit->gains[td_smaller(k, (int64_t)unit->items)]);
}

/* 1 / the first place of an item of the user's, 0 if it is beyond k. That is in the first tie: of
 * its n, m the user's, place j is the first with p_1 = m / n, p_j+1 = p_j (n - j - m + 1) / (n -
 * j).
 */
static td_weighted reciprocal_rank(const td_unit *unit, int64_t k)
{
    double sum = 0;
    if (unit->ties == 0)
        return once(0);
    const td_tie *tie = &unit->tie[0];
    const int64_t n = tie->count, m = tie->items, q = covered(tie, k);
    double chance = (double)m / (double)n;
    for (int64_t j = 1; j <= q && chance > 0; j++) {
        sum += chance / (double)(tie->before + j);
        chance = j < n ? chance * (double)(n - j - m + 1) / (double)(n - j) : 0;
    }
    return once(sum);
}

/* The sum over the user's items among the k best of the precision at their places, over the smaller
 * of k and their number. In a tie after c of them, place j has one with chance m / n, and 1 + (j -
 * 1) (m - 1) / (n - 1) of the tie's are then among the first j. */
static td_weighted average_precision(const td_unit *unit, int64_t k)
{
    double sum = 0, earlier = 0;
    for (size_t i = 0; i < unit->ties && unit->tie[i].before < k; i++) {
        const td_tie *tie = &unit->tie[i];
        const double n = (double)tie->count, m = (double)tie->items;
        const double slope = tie->count > 1 ? (m - 1) / (n - 1) : 0;
        double part = 0;
        for (int64_t j = 1; j <= covered(tie, k); j++)
            part += (earlier + 1 + (double)(j - 1) * slope) / (double)(tie->before + j);
        sum += m / n * part;
        earlier += m;
    }
    return once(sum / (double)td_smaller(k, (int64_t)unit->items));
}

/* The share of pairs of an item of the user's and another candidate in which the user's stands
 * first; a tie is half a pair, a miss stands behind all, and so does what is beyond the candidates
 * because it was ranked in a list of its own. No value where there is no other candidate. */
static td_weighted auc(const td_unit *unit, int64_t k)
{
    (void)k;
    double ranked = 0, earlier = 0, sum = 0;
    for (size_t i = 0; i < unit->ties; i++)
        ranked += (double)unit->tie[i].items;
    const double others = (double)unit->candidates - ranked;
    if (others <= 0)
        return (td_weighted){0, 0};
    for (size_t i = 0; i < unit->ties; i++) {
        const double m = (double)unit->tie[i].items;
        const double above = (double)unit->tie[i].before - earlier;
        sum += m * fmax(0, others - above - ((double)unit->tie[i].count - m) / 2);
        earlier += m;
    }
    return once(sum / (others * (double)unit->items));
}

double *td_metric_gains(int64_t places)
{
    double *gains = TD_NEW(double, (size_t)places + 1);
    for (int64_t n = 1; n <= places; n++)
        gains[n] = gains[n - 1] + 1 / (double)td_ln((float)(n + 1));
    return gains;
}

enum { PER_ROW, PER_USER }; /* td_metric.of_users */
enum { WITHOUT_K, AT_K };   /* td_metric.has_k */
enum { GAIN, ERROR };       /* td_metric.is_error */
enum {
    RANKS = TD_NEEDS_ITEM_RANKS,
    PREDICTIONS = TD_NEEDS_PREDICTIONS,
    PROBABILITIES = TD_NEEDS_PROBABILITIES,
    LISTS = TD_NEEDS_LISTS
};

const td_metric td_all_metrics[] = {
    {TD_METRIC_ACCURACY, "top-k", "top-k categorical accuracy", PER_ROW, AT_K, GAIN, RANKS, hit,
     NULL},
    {TD_METRIC_RMSE, "RMSE", "root mean squared error", PER_ROW, WITHOUT_K, ERROR, PREDICTIONS,
     squared_error, sqrt},
    {"mean_absolute_error", "MAE", "mean absolute error", PER_ROW, WITHOUT_K, ERROR, PREDICTIONS,
     absolute_error, NULL},
    {"recall_at_k", "recall@k", "recall@k of users", PER_USER, AT_K, GAIN, RANKS, recall, NULL},
    {"ndcg_at_k", "NDCG@k", "NDCG@k of users", PER_USER, AT_K, GAIN, RANKS, ndcg, NULL},
    {"recall_min_at_k", "recall_min@k", "recall@k of users over min(k, items)", PER_USER, AT_K,
     GAIN, RANKS, recall_min, NULL},
    {"precision_at_k", "precision@k", "precision@k of users", PER_USER, AT_K, GAIN, RANKS,
     precision, NULL},
    {"hit_rate_at_k", "hit_rate@k", "share of users with a hit among k", PER_USER, AT_K, GAIN,
     RANKS, hit_rate, NULL},
    {"mrr_at_k", "MRR@k", "reciprocal rank of users' first hit among k", PER_USER, AT_K, GAIN,
     RANKS, reciprocal_rank, NULL},
    {"map_min_at_k", "MAP_min@k", "average precision@k of users over min(k, items)", PER_USER, AT_K,
     GAIN, RANKS, average_precision, NULL},
    {TD_METRIC_AUC, "AUC", "AUC of users", PER_USER, WITHOUT_K, GAIN, RANKS, auc, NULL},
    {"row_ndcg_at_k", "row_NDCG@k", "NDCG@k of rows", PER_ROW, AT_K, GAIN, RANKS, ndcg, NULL},
    {"row_mrr_at_k", "row_MRR@k", "reciprocal rank of rows among k", PER_ROW, AT_K, GAIN, RANKS,
     reciprocal_rank, NULL},
    {"log_loss", "log loss", "log loss", PER_ROW, WITHOUT_K, ERROR, PROBABILITIES, log_loss, NULL},
    {"row_auc", "AUC of rows", "AUC of all rows", PER_ROW, WITHOUT_K, GAIN, PROBABILITIES, NULL,
     NULL},
    {"coverage_at_k", "coverage@k", "share of candidates in any list of k", PER_ROW, AT_K, GAIN,
     LISTS, NULL, NULL},
    {"gini_at_k", "Gini@k", "Gini coefficient of how often candidates are in lists of k", PER_ROW,
     AT_K, ERROR, LISTS, NULL, NULL},
    {"popularity_at_k", "popularity@k", "training rows of an item in lists of k", PER_ROW, AT_K,
     ERROR, LISTS, NULL, NULL},
};

const size_t td_all_metrics_count = sizeof td_all_metrics / sizeof *td_all_metrics;

const td_metric *td_metric_find(const char *name)
{
    for (size_t i = 0; i < td_all_metrics_count; i++)
        if (strcmp(td_all_metrics[i].name, name) == 0)
            return &td_all_metrics[i];
    return NULL;
}

double td_metric_of_sums(const td_metric *metric, int64_t value, int64_t weight)
{
    const double mean = (double)value / (double)weight;
    return metric->finish ? metric->finish(mean) : mean;
}

bool td_metric_is_same(const td_metric_value *a, const td_metric_value *b)
{
    const bool both = a->task && b->task;
    return strcmp(a->metric, b->metric) == 0 && a->k == b->k &&
           (both ? strcmp(a->task, b->task) == 0 : a->task == b->task);
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

char *td_metric_name(const char *task, const char *metric, int64_t k)
{
    return task ? td_print_text("%s_%s", task, metric) : td_metric_text(metric, k);
}

/* "top-k" and 5 give "top-5". */
char *td_metric_text(const char *text, int64_t k)
{
    const char *at = k > 0 ? find_k(text) : text + strlen(text);
    if (*at)
        return td_print_text("%.*s%" PRId64 "%s", (int)(at - text), text, k, at + 1);
    return td_copy_text(text);
}
