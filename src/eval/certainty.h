/* How sure numbers are: intervals of metrics, and of differences of two systems, by a bootstrap
 * over users (bootstrap.h), so that two systems, and two runs on the same data, are resampled
 * alike, on any layout. Sums are of whole numbers, so that their bits are the same too.
 *
 * Source: Poisson bootstrap, Hanley and MacGibbon 2006; Chamandy et al. 2012. Holm 1979.
 */
#ifndef TD_EVAL_CERTAINTY_H
#define TD_EVAL_CERTAINTY_H

#include "comm/comm.h"
#include "eval/user_sums.h"
#include "tandem/metric.h"

#include <stddef.h>
#include <stdint.h>

/* Metrics of resamples. td_resamples_free frees them. */
typedef struct {
    size_t count;
    size_t columns;
    double *value; /* (count, columns): metrics, finished; NaN where nothing was drawn */
} td_resamples;

/* Collective; each rank has its own users. value (columns) says which metrics the columns are.
 * Those that are no means over rows or users are NaN: row_auc.h and list_counts.h resample them. */
td_resamples td_resample(td_comm *comm, const td_user_sums *sums, const td_metric_value *value,
                         uint64_t seed, size_t count);
void td_resamples_free(td_resamples *resamples);

/* Local. Sets low and high of each value to where 95 % of its resamples lie. */
void td_intervals_find(const td_resamples *resamples, td_metric_value *value);

/* Local. Of column a of some resamples and column b of others: the interval of a - b, and p, twice
 * the share of resamples (and one more) on the rarer side of 0, into difference; NaN where one is
 * no number. */
void td_difference_find(const td_resamples *of_a, size_t a, const td_resamples *of_b, size_t b,
                        td_metric_difference *difference);

/* Collective. Sets better and worse to the shares of users for whom the metric's column a is
 * greater or less than b (of errors the other way round), of those whom both have on this rank; NaN
 * where users have no value of their own. difference->metric is set.
 */
void td_difference_count(td_comm *comm, const td_user_sums *of_a, size_t a,
                         const td_user_sums *of_b, size_t b, td_metric_difference *difference);

/* Local. Replaces p of the differences of one metric and k to several systems by Holm's. */
void td_differences_correct(size_t count, td_metric_difference *difference);

#endif
