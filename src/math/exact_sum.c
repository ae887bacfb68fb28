/* Sums in 64-bit fixed point. The loops have no branch and no conversion that AVX2 lacks,
 * so that compilers turn them into vector code at any width. */
#include "math/exact_sum.h"

#include <math.h>
#include <string.h>

/* Adding it to a double below 2^51 leaves the double's nearest integer in the low bits. */
#define ROUNDER 0x1.8p52

static inline int64_t bits_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline td_magnitude magnitude(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7fffffffU;
}

td_magnitude td_exact_add(int exponent, size_t n, const float *terms, td_exact *sums)
{
    const double units_per_one = ldexp(1, exponent);
    td_magnitude largest = 0;
    for (size_t i = 0; i < n; i++) {
        double units = (double)terms[i] * units_per_one; /* exact: a power of two */
        sums[i] += bits_of(units + ROUNDER) - bits_of(ROUNDER);
        td_magnitude size = magnitude(terms[i]);
        largest = size > largest ? size : largest;
    }
    return largest;
}

void td_exact_merge(size_t n, const td_exact *parts, td_exact *sums)
{
    for (size_t i = 0; i < n; i++)
        sums[i] += parts[i];
}

bool td_exact_in_range(int exponent, size_t terms_per_sum, td_magnitude largest)
{
    float size;
    memcpy(&size, &largest, sizeof size);
    double units = (double)size * ldexp(1, exponent);
    return units < 0x1p51 && units * (double)terms_per_sum < 0x1p62; /* false for NaN */
}

void td_exact_to_float(int exponent, size_t n, const td_exact *sums, float *values)
{
    const float one_unit = ldexpf(1, -exponent);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)sums[i] * one_unit;
}
