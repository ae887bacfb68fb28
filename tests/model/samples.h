/* Numbers for tests of the model: fixed, without pattern, and how far two arrays are apart. */
#ifndef TESTS_MODEL_SAMPLES_H
#define TESTS_MODEL_SAMPLES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sets x to n numbers in [-scale, scale), a function of the seed. */
static inline void fill_samples(size_t n, uint32_t seed, float scale, float *x)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = scale * ((float)(int32_t)(seed & 0xffffff00U) / 0x1p31F);
    }
}

/* Returns the largest |x[i] - y[i]|, or infinity if one is NaN. */
static inline double distance(size_t n, const float *x, const double *y)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double difference = fabs((double)x[i] - y[i]);
        if (isnan(difference))
            return INFINITY;
        largest = fmax(largest, difference);
    }
    return largest;
}

/* Returns the largest |y[i]|. */
static inline double magnitude_of(size_t n, const double *y)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(y[i]));
    return largest;
}

#endif
