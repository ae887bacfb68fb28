/* Times and numbers as a model reads them: the bucket between evenly spaced edges, and a normalized
 * number.
 *
 * The edges are n numbers from the first to the last time, as numpy.linspace makes them, rounded to
 * float; the bucket of a time is how many edges are at or below it, compared as floats (Keras:
 * Discretization, bins [b_i, b_i+1), the first time in bucket 1). The number is (time - mean) /
 * max(deviation, 1e-7) (Keras: Normalization), in double until the last rounding. All functions are
 * Local.
 */
#ifndef TD_DATA_TIME_SCALE_H
#define TD_DATA_TIME_SCALE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t count;
    float *edges; /* (count), ascending */
    double mean;
    double deviation;
} td_time_scale;

/* Makes count evenly spaced edges, 0 for none; td_time_scale_free frees them. */
td_time_scale td_time_scale_create(size_t count, double first, double last, double mean,
                                   double variance);
void td_time_scale_free(td_time_scale *scale);

/* Returns the bucket of a number, 0 to count; 0 of NaN. */
int32_t td_scale_bucket(const td_time_scale *scale, float at);

float td_scale_normalized(const td_time_scale *scale, double at);

/* The same of times. */
int32_t td_time_bucket(const td_time_scale *scale, int64_t time);
float td_time_normalized(const td_time_scale *scale, int64_t time);

#endif
