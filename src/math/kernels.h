/* The inner loops, once per instruction set, all with the same bits.
 *
 * Every result is a fixed chain of IEEE operations: element (i, j) of a product is one chain of
 * fused multiply-adds over k in ascending order, and a sum over a row runs in TD_LANES lanes
 * (element x goes to lane x mod TD_LANES), then over the lanes in order, or by halves where that is
 * said. So the bits depend on the operands alone, never on the set that computes them. NaN in gives
 * NaN out.
 *
 * Kernels that round are those of bfloat16 (math.precision). They multiply packed operands, whose
 * elements are rounded to bfloat16: to nearest, ties to even, and what then is less than 2^-50 in
 * size is +0. Then element (i, j) of a product is, over ascending blocks of 32 of k, c = c + (first
 * + second), from +0: first and second are chains of fused multiply-adds in float, each from +0,
 * over the first 16 and the other elements of a block; and what c starts from is added last. No
 * such sum is denormal, so that it is what AVX512-BF16's vdpbf16ps and AMX's tdpbf16ps give.
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

enum {
    TD_LANES = 16,
    TD_ROUNDED_CHAIN = 16,
    TD_ROUNDED_BLOCK = 2 * TD_ROUNDED_CHAIN,
    TD_PACKED_ROWS_MOST = 512 /* that are operands of two products */
};

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

/* Rows that are operands of two products: as (m, k) and, transposed, as (k, m). */
typedef struct {
    td_view left;
    td_view transposed;
} td_packed_rows;

/* A row to be packed, of weights (n) and x (n). */
typedef struct {
    const float *weights;
    const float *x;
    float shift;
    float sum; /* of what is packed */
} td_packed_row;

typedef void td_pack_rows(size_t n, size_t count, td_packed_row *rows, const td_packed_rows *out,
                          size_t place);

typedef struct {
    const char *name;
    td_gemm *gemm;        /* always in float, in fixed order */
    td_gemm *packed_gemm; /* of operands that are packed */
    td_gemm *dense_gemm;  /* likewise, for dense layers: packed_gemm, or OpenBLAS's */
    bool rounds;          /* to bfloat16, by packing */
    size_t strip_rows;    /* of scores, which several kernels pass over while a core's caches have
                             them: even, and whole blocks of these products */

    /* Return an operand made of a (m, k), or of b (k, n), in room for as many floats; of b with
     * rows that are stride apart. What need not be changed stays where it is: kernels that do not
     * round read a as it is, and b unless it is transposed. From a row of a left operand to the
     * next are stride words, to the next column of a right one is one. */
    td_view (*pack_left)(size_t m, size_t k, td_view a, float *room);
    td_view (*pack_right)(size_t k, size_t n, td_view b, float *room, size_t stride);

    /* Only in kernels that round. */

    /* Returns the words of 4 bytes, at most k, that k elements are packed in: a packed matrix (m,
     * k) has rows of so many words, (k, n) so many rows. Those of whole blocks of k are by
     * themselves. */
    size_t (*words)(size_t k);
    /* Returns where rows, at most TD_PACKED_ROWS_MOST of at most stride elements, a multiple of
     * TD_LANES, are in rooms for (rows, words(stride)) and (words(rows), stride) floats. Kernels
     * whose words are single elements need no room for the first. */
    td_packed_rows (*packed_rows)(size_t stride, float *left, float *transposed);
    /* Packs weights[i] exp(x[i] - shift), or weights[i] x[i], of a row or two: those at place, an
     * even one, and after it, rows in ascending order. These parts are no less than 0 and below
     * 2^100, or NaN. n is a multiple of TD_LANES. Sums are in lanes. */
    td_pack_rows *pack_exp;
    td_pack_rows *pack_weighted;

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

/* Finds the kernels of an instruction set: "amx", "avx512bf16", "avx512", "avx2", "neon",
 * "portable", or NULL for the best that this CPU has. With openblas, dense layers go to OpenBLAS,
 * which is loaded. TD_ERR_USAGE for a name that is unknown, TD_ERR_LAYOUT for one that this CPU or
 * this build lacks (the message lists those it has) or where OpenBLAS cannot be loaded. */
td_status td_kernels_find(const char *isa, bool openblas, td_kernels *out);

/* Local. Returns the kernels of the same instruction set that round to bfloat16. */
td_kernels td_kernels_that_round(const td_kernels *kernels);

/* Local. Returns the names of those that this build has and this CPU runs, the best first, with
 * blanks between them; the caller frees it. */
char *td_kernels_names(void);

/* Checks what the fixed chains rely on, in the calling thread: rounding to nearest, and denormals
 * neither flushed nor read as zero. Call it once in every thread. */
bool td_kernels_thread_is_sound(void);

#endif
