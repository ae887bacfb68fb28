/* The first, last, mean and variance of times, exact: sums are 128-bit integers, so the order of
 * the times cannot matter and nothing is lost before the last rounding. All functions are Local. */
#ifndef TD_DATA_MOMENTS_H
#define TD_DATA_MOMENTS_H

#include <stdint.h>

__extension__ typedef unsigned __int128 td_wide;

/* Begins as {0}. */
typedef struct {
    int64_t count;
    int64_t first;
    int64_t last;
    td_wide sum; /* of seconds since TD_TIME_MIN */
    td_wide squares;
} td_moments;

/* Adds a time in [TD_TIME_MIN, TD_TIME_MAX]; up to 2^40 of them cannot overflow. */
void td_moments_add(td_moments *moments, int64_t time);

/* Adds the times of other; of as many in all. */
void td_moments_join(td_moments *moments, const td_moments *other);

/* Return the mean and the population variance, to the last bit or next to it; 0 of no times. */
double td_moments_mean(const td_moments *moments);
double td_moments_variance(const td_moments *moments);

#endif
