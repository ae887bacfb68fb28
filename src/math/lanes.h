/* Sums in lanes, and exponentials, of the instruction set that simd.h was included for: for
 * kernels.c and the parts of it. */
#ifndef TD_MATH_LANES_H
#define TD_MATH_LANES_H

#include "math/kernels.h"
#include "math/simd.h"

/* A loop of a constant number of turns, unrolled so that arrays of vectors stay in registers. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): i is the name of a variable, declared here. */
#define EACH(i, n) _Pragma("GCC unroll 16") for (size_t i = 0; i < (n); i++)

enum { VECS_PER_LANES = TD_LANES / TD_WIDTH };

typedef struct {
    td_vec v[VECS_PER_LANES];
} lanes;

/* Every lane is x. */
static inline lanes lanes_of(float x)
{
    lanes all;
    EACH (q, VECS_PER_LANES)
        all.v[q] = td_all(x);
    return all;
}

/* The lanes one after the other, in order. */
static inline float sum_of_lanes(const lanes *terms)
{
    float lane[TD_LANES], sum = 0;
    EACH (q, VECS_PER_LANES)
        td_store(lane + q * TD_WIDTH, terms->v[q]);
    for (size_t i = 0; i < TD_LANES; i++)
        sum += lane[i];
    return sum;
}

/* exp(x) = 2^n exp(r), n the nearest integer to x / ln 2; +0 below -64, so that no result is
 * denormal; for x at most 88. The polynomial and the two parts of ln 2 are those of expf in the
 * Cephes library (S. Moshier); relative error 6.8e-8. */
static inline td_vec exp_of(td_vec x)
{
    enum { DEGREE = 7 };
    static const float coefficient[DEGREE + 1] = {1.9875691500e-4F,
                                                  1.3981999507e-3F,
                                                  8.3334519073e-3F,
                                                  4.1665795894e-2F,
                                                  1.6666665459e-1F,
                                                  5.0000001201e-1F,
                                                  1,
                                                  1};
    const td_vec rounder = td_all(0x1.8p23F);
    td_vec n = td_fma(x, td_all(0x1.715476p0F), rounder);
    td_vec whole = td_sub(n, rounder);
    td_vec r = td_fma(whole, td_all(-0x1.63p-1F), x);
    r = td_fma(whole, td_all(2.12194440e-4F), r);
    td_vec p = td_all(coefficient[0]);
    EACH (i, DEGREE)
        p = td_fma(p, r, td_all(coefficient[i + 1]));
    td_vec power = td_scale2(td_all(1.0F), n);
    return td_zero_below(x, td_all(-64.0F), td_mul(p, power)); /* a product: NaN stays NaN */
}

#endif
