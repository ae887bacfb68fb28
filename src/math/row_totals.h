/* Kernels of a row that sum a function of its scores and put the slopes in their place: a part of
 * kernels.c, for losses that are means over negatives. */
#ifndef TD_MATH_ROW_TOTALS_H
#define TD_MATH_ROW_TOTALS_H

#include "math/lanes.h"

/* Sums in lanes of value, slope and weight. */
typedef struct {
    lanes value, slope, weight;
} row_lanes;

static inline row_lanes row_lanes_of_0(void)
{
    return (row_lanes){lanes_of(0), lanes_of(0), lanes_of(0)};
}

static inline void add_to_row(row_lanes *sums, size_t q, td_vec value, td_vec slope, td_vec weight)
{
    sums->value.v[q] = td_fma(weight, value, sums->value.v[q]);
    sums->slope.v[q] = td_fma(weight, slope, sums->slope.v[q]);
    sums->weight.v[q] = td_add(weight, sums->weight.v[q]);
}

static inline td_row_total total_of_row(const row_lanes *sums)
{
    return (td_row_total){sum_of_lanes(&sums->value), sum_of_lanes(&sums->slope),
                          sum_of_lanes(&sums->weight)};
}

/* x_j = [x_j > shift]; value: max(x_j - shift, 0), where NaN stays */
static td_row_total row_hinge(size_t n, float shift, const float *weights, float *x)
{
    const td_vec shifts = td_all(shift), zeros = td_all(0), ones = td_all(1);
    row_lanes sums = row_lanes_of_0();
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            float *p = x + i + q * TD_WIDTH;
            const td_vec d = td_sub(td_load(p), shifts), slope = td_where_above(d, zeros, ones);
            td_store(p, slope);
            add_to_row(&sums, q, td_max(zeros, d), slope, td_load(weights + i + q * TD_WIDTH));
        }
    return total_of_row(&sums);
}

/* ln(1 + e) = 2 artanh(e / (2 + e)), for e from 0 to 1: the first terms of its series, which leave
 * an error of 1e-8. */
static inline td_vec ln_of_1_and(td_vec e)
{
    enum { TERMS = 7 };
    const td_vec s = td_div(e, td_add(td_all(2), e)), z = td_mul(s, s);
    td_vec sum = td_all(2.0F / (2 * TERMS - 1));
    EACH (k, TERMS - 1)
        sum = td_fma(sum, z, td_all(2.0F / (float)(2 * (TERMS - 1 - k) - 1)));
    return td_mul(sum, s);
}

/* With d = x_j - shift and e = exp(-|d|): x_j = 1 / (1 + e), or e / (1 + e) where d < 0; value:
 * max(d, 0) + ln(1 + e) */
static td_row_total row_softplus(size_t n, float shift, const float *weights, float *x)
{
    const td_vec shifts = td_all(shift), zeros = td_all(0), ones = td_all(1);
    row_lanes sums = row_lanes_of_0();
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            float *p = x + i + q * TD_WIDTH;
            const td_vec d = td_sub(td_load(p), shifts), minus = td_sub(zeros, d);
            const td_vec e = exp_of(td_sub(zeros, td_max(minus, d)));
            const td_vec part = td_div(ones, td_add(ones, e));
            const td_vec slope = td_add(td_zero_below(d, zeros, part),
                                        td_where_above(minus, zeros, td_mul(e, part)));
            td_store(p, slope);
            add_to_row(&sums, q, td_add(td_max(zeros, d), ln_of_1_and(e)), slope,
                       td_load(weights + i + q * TD_WIDTH));
        }
    return total_of_row(&sums);
}

#endif
