/* The inner loops, once per instruction set, all with the same bits.
 *
 * Every result is a fixed chain of IEEE operations: element (i, j) of a product is one chain of
 * fused multiply-adds over k in ascending order, and a sum over a row runs in TD_LANES lanes
 * (element x goes to lane x mod TD_LANES), then over the lanes in order, or by halves where that is
 * said. So the bits depend on the operands alone, never on the set that computes them. NaN in gives
 * NaN out.
 *
 * All functions are Local and reentrant; arrays do not overlap.
 */
#ifndef TD_MATH_KERNELS_H
#define TD_MATH_KERNELS_H

#include "math/exact_sum.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_LANES = 16 };

/* n rounded up to whole lanes. */
static inline size_t td_lanes_up(size_t n)
{
    return (n + TD_LANES - 1) / TD_LANES * TD_LANES;
}

/* A matrix as it lies in memory: rows that are stride apart, each at least as long as the matrix is
 * wide. Element (i, k) is at[i * stride + k], or at[k * stride + i] where what lies there is its
 * transpose. Only the caller knows which: no stride tells the two apart where an extent is 1. */
typedef struct {
    const float *at;
    size_t stride;
    bool transposed;
} td_view;

/* c (m, n), rows ldc apart, = start (n) in every row + a (m, k) b (k, n), rows ldb apart. Any
 * extent may be 0 or 1; the distance between rows does not matter where there are no two. start
 * NULL stands for zeros. */
typedef void td_gemm(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                     const float *start, float *c, size_t ldc);

/* Sums over a row, each weighted. */
typedef struct {
    float value;
    float slope;
    float weight;
} td_row_total;

typedef struct {
    const char *name;
    td_gemm *gemm;       /* always in fixed order */
    td_gemm *dense_gemm; /* for dense layers: gemm, or OpenBLAS's */

    /* c[i] = start + the sum of a[i, k] b[k] over k: a (m, n), b (n), any n; fused, in lanes, which
     * are added by halves: lane l and lane l + 8, then l and l + 4, and so on. */
    void (*row_dots)(size_t m, size_t n, const float *a, const float *b, float start, float *c);

    /* The rows that follow have whole lanes: n is a multiple of TD_LANES. */

    /* Returns the largest x[i]. */
    float (*row_max)(size_t n, const float *x);
    /* x[i] = exp(x[i] - shift); returns the sum of weights[i] x[i]. */
    float (*row_exp)(size_t n, float shift, const float *weights, float *x);
    /* x[i] = x[i] (weights[i] factor). */
    void (*row_scale)(size_t n, float factor, const float *weights, float *x);
    /* x[i] = f'(x[i] - shift); returns the weighted sums of f, of f' and of 1. f(d) = max(d, 0),
     * whose slope at 0 is 0; f(d) = ln(1 + exp(d)). What is -infinity adds its weight alone. */
    td_row_total (*row_hinge)(size_t n, float shift, const float *weights, float *x);
    td_row_total (*row_softplus)(size_t n, float shift, const float *weights, float *x);
    /* Sets above to the sum of weights[i] where x[i] > limit, tied to that where they are equal.
     * Weights are whole numbers and their sum is below 2^24, so both are exact. */
    void (*row_weights_beside)(size_t n, float limit, const float *weights, const float *x,
                               float *above, float *tied);
    /* Returns the first place from begin on, in steps of TD_LANES, where any of TD_LANES elements
     * is not less than the limit, as NaN is; n if there is none. */
    size_t (*row_reach)(size_t begin, size_t n, float limit, const float *x);

    /* As td_exact_add, with this set's instructions; n is any. */
    td_magnitude (*exact_add)(int exponent, size_t n, const float *terms, td_exact *sums);
} td_kernels;

/* Finds the kernels of an instruction set: "avx512", "avx2", "neon", "portable", or NULL for the
 * best that this CPU has. With openblas, dense layers go to OpenBLAS, which is loaded. TD_ERR_USAGE
 * for a name that is unknown, TD_ERR_LAYOUT for one that this CPU or this build lacks (the message
 * lists those it has) or where OpenBLAS cannot be loaded. */
td_status td_kernels_find(const char *isa, bool openblas, td_kernels *out);

/* Local. Returns the names of those that this build has and this CPU runs, the best first, with
 * blanks between them; the caller frees it. */
char *td_kernels_names(void);

/* Checks what the fixed chains rely on, in the calling thread: rounding to nearest, and denormals
 * neither flushed nor read as zero. Call it once in every thread. */
bool td_kernels_thread_is_sound(void);

#endif
