/* The loop of td_exact_add, for exact_sum.c and for every instruction set of kernels.c. It has no
 * branch and no conversion that AVX2 lacks, so that compilers turn it into vector code. */
#ifndef TD_MATH_EXACT_ADD_H
#define TD_MATH_EXACT_ADD_H

#include "math/exact_sum.h"

#include <string.h>

static inline uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline td_magnitude magnitude(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffU;
}

static inline double power_of_two(int exponent)
{
    int64_t bits = (int64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static inline td_magnitude exact_add(int exponent, size_t n, const float *restrict terms,
                                     td_exact *restrict sums)
{
    /* Adding it to a double below 2^51 leaves the double's nearest integer in the low bits. */
    const double rounder = 0x1.8p52;
    const double units_per_one = power_of_two(exponent);
    td_magnitude largest = 0;
    for (size_t i = 0; i < n; i++) {
        double units = (double)terms[i] * units_per_one; /* exact: a power of two */
        uint64_t whole = bits_of(units + rounder) - bits_of(rounder);
        sums[i] = (td_exact)((uint64_t)sums[i] + whole); /* wraps where it is worthless anyway */
        td_magnitude size = magnitude(terms[i]);
        largest = size > largest ? size : largest;
    }
    return largest;
}

#endif
