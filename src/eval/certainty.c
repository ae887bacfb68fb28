#include "eval/certainty.h"

#include "base/memory.h"
#include "eval/bootstrap.h"
#include "eval/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* total (TD_DRAWS, columns) += times each user's sums. */
static void add_users(const td_user_sums *sums, uint64_t seed, size_t b, td_user_sum *total)
{
    const size_t columns = sums->columns;
    for (size_t u = 0; u < sums->users; u++) {
        const td_user_sum *of_user = sums->sum + u * columns;
        uint8_t times[TD_DRAWS];
        td_bootstrap_draw(seed, sums->place[u], b, times);
        for (size_t i = 0; i < TD_DRAWS; i++)
            for (size_t c = 0; c < columns && times[i] > 0; c++) {
                total[i * columns + c].value += times[i] * of_user[c].value;
                total[i * columns + c].weight += times[i] * of_user[c].weight;
            }
    }
}

td_resamples td_resample(td_comm *comm, const td_user_sums *sums, const td_metric_value *value,
                         uint64_t seed, size_t count)
{
    const size_t columns = sums->columns, draws = (count + TD_DRAWS - 1) / TD_DRAWS,
                 n = TD_DRAWS * draws * columns;
    td_resamples resamples = {count, columns, TD_NEW(double, n)};
    td_user_sum *total = TD_NEW(td_user_sum, n);
#pragma omp parallel for schedule(dynamic)
    for (size_t b = 0; b < draws; b++)
        add_users(sums, seed, b, total + TD_DRAWS * b * columns);
    td_comm_sum(comm, 2 * n, &total->value);
    for (size_t c = 0; c < columns; c++) {
        const td_metric *metric = td_metric_find(value[c].metric);
        for (size_t i = c; i < n; i += columns)
            resamples.value[i] = td_metric_of_sums(metric, total[i].value, total[i].weight);
    }
    td_free(total);
    return resamples;
}

void td_resamples_free(td_resamples *resamples)
{
    td_free(resamples->value);
    *resamples = (td_resamples){0};
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Where all but 2.5 % of the numbers on either side are; NaN where one is none. */
static void find_interval(size_t count, double *number, double *low, double *high)
{
    const size_t cut = count / 40;
    *low = *high = NAN;
    for (size_t i = 0; i < count; i++)
        if (isnan(number[i]))
            return;
    if (count == 0)
        return;
    qsort(number, count, sizeof *number, by_size);
    *low = number[cut];
    *high = number[count - 1 - cut];
}

void td_intervals_find(const td_resamples *resamples, td_metric_value *value)
{
    double *number = TD_NEW(double, resamples->count);
    for (size_t c = 0; c < resamples->columns; c++) {
        for (size_t b = 0; b < resamples->count; b++)
            number[b] = resamples->value[b * resamples->columns + c];
        find_interval(resamples->count, number, &value[c].low, &value[c].high);
    }
    td_free(number);
}

void td_difference_find(const td_resamples *of_a, size_t a, const td_resamples *of_b, size_t b,
                        td_metric_difference *difference)
{
    const size_t count = of_a->count;
    double *number = TD_NEW(double, count);
    size_t above = 0, below = 0;
    for (size_t i = 0; i < count; i++) {
        number[i] = of_a->value[i * of_a->columns + a] - of_b->value[i * of_b->columns + b];
        above += number[i] >= 0;
        below += number[i] <= 0;
    }
    const size_t rarer = above < below ? above : below;
    find_interval(count, number, &difference->low, &difference->high);
    difference->p =
        isnan(difference->low) ? NAN : fmin(1, 2 * (double)(1 + rarer) / (double)(count + 1));
    td_free(number);
}

void td_difference_count(td_comm *comm, const td_user_sums *of_a, size_t a,
                         const td_user_sums *of_b, size_t b, td_metric_difference *difference)
{
    int64_t counts[3] = {0}; /* better, worse, all */
    for (size_t u = 0, v = 0; u < of_a->users; u++) {
        while (v < of_b->users && of_b->place[v] < of_a->place[u])
            v++;
        if (v == of_b->users || of_b->place[v] != of_a->place[u])
            continue;
        const td_user_sum x = of_a->sum[u * of_a->columns + a],
                          y = of_b->sum[v * of_b->columns + b];
        const double left = (double)x.value / (double)x.weight,
                     right = (double)y.value / (double)y.weight;
        counts[0] += left > right;
        counts[1] += left < right;
        counts[2] += x.weight > 0 && y.weight > 0;
    }
    td_comm_sum(comm, 3, counts);
    const bool is_error = td_metric_find(difference->metric)->is_error;
    difference->better = (double)counts[is_error] / (double)counts[2];
    difference->worse = (double)counts[!is_error] / (double)counts[2];
}

/* The i-th smallest of m is multiplied by m - i (i from 0), and is none below those before it; NaN
 * is none of the m. */
void td_differences_correct(size_t count, td_metric_difference *difference)
{
    double least = 0;
    size_t m = 0;
    bool *is_done = TD_NEW(bool, count);
    for (size_t j = 0; j < count; j++) {
        is_done[j] = isnan(difference[j].p);
        m += !is_done[j];
    }
    for (size_t i = 0; i < m; i++) {
        size_t next = count;
        for (size_t j = 0; j < count; j++)
            if (!is_done[j] && (next == count || difference[j].p < difference[next].p))
                next = j;
        least = fmax(least, fmin(1, (double)(m - i) * difference[next].p));
        difference[next].p = least;
        is_done[next] = true;
    }
    td_free(is_done);
}
