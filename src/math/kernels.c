/* The kernels in one instruction set: compiled once per set, with TD_ISA_<SET> and TD_ISA_NAME
 * defined (src/math/CMakeLists.txt). Vectors run along j, so that their width cannot matter. */
#include "math/kernels.h"

#include "math/exact_add.h"
#include "math/simd.h"

/* A loop of a constant number of turns, unrolled so that arrays of vectors stay in registers. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): i is the name of a variable, declared here. */
#define EACH(i, n) _Pragma("GCC unroll 16") for (size_t i = 0; i < (n); i++)

/* c += a b: a block of ROWS by VECS stays in registers while k runs. */
#define DEFINE_BLOCK(ROWS, VECS, name)                                                             \
    static void name(size_t depth, td_view a, td_view b, float *c, size_t ldc)                     \
    {                                                                                              \
        td_vec sum[ROWS][VECS];                                                                    \
        EACH (i, ROWS)                                                                             \
            EACH (v, VECS)                                                                         \
                sum[i][v] = td_load(c + i * ldc + v * TD_WIDTH);                                   \
        for (size_t k = 0; k < depth; k++) {                                                       \
            td_vec right[VECS];                                                                    \
            EACH (v, VECS)                                                                         \
                right[v] = td_load(b.at + k * b.row + v * TD_WIDTH);                               \
            EACH (i, ROWS) {                                                                       \
                td_vec left = td_all(a.at[i * a.row + k * a.column]);                              \
                EACH (v, VECS)                                                                     \
                    sum[i][v] = td_fma(left, right[v], sum[i][v]);                                 \
            }                                                                                      \
        }                                                                                          \
        EACH (i, ROWS)                                                                             \
            EACH (v, VECS)                                                                         \
                td_store(c + i * ldc + v * TD_WIDTH, sum[i][v]);                                   \
    }

DEFINE_BLOCK(TD_BLOCK_ROWS, TD_BLOCK_VECS, block_rows_vecs)
DEFINE_BLOCK(2, TD_BLOCK_VECS, block_2_vecs)
DEFINE_BLOCK(1, TD_BLOCK_VECS, block_1_vecs)
DEFINE_BLOCK(TD_BLOCK_ROWS, 1, block_rows_1)
DEFINE_BLOCK(1, 1, block_1_1)

/* Columns that fill no vector: the same chain, element by element. */
static void block_scalar(size_t depth, td_view a, td_view b, float *c, size_t ldc, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        float sum = c[i * ldc];
        for (size_t k = 0; k < depth; k++)
            sum = td_fma1(a.at[i * a.row + k * a.column], b.at[k * b.row], sum);
        c[i * ldc] = sum;
    }
}

static td_view down(td_view a, size_t rows)
{
    a.at += rows * a.row;
    return a;
}

static void panel_vecs(size_t m, size_t k, td_view a, td_view b, float *c, size_t ldc)
{
    size_t i = 0;
    for (; i + TD_BLOCK_ROWS <= m; i += TD_BLOCK_ROWS)
        block_rows_vecs(k, down(a, i), b, c + i * ldc, ldc);
    for (; i + 2 <= m; i += 2)
        block_2_vecs(k, down(a, i), b, c + i * ldc, ldc);
    for (; i < m; i++)
        block_1_vecs(k, down(a, i), b, c + i * ldc, ldc);
}

static void panel_1(size_t m, size_t k, td_view a, td_view b, float *c, size_t ldc)
{
    size_t i = 0;
    for (; i + TD_BLOCK_ROWS <= m; i += TD_BLOCK_ROWS)
        block_rows_1(k, down(a, i), b, c + i * ldc, ldc);
    for (; i < m; i++)
        block_1_1(k, down(a, i), b, c + i * ldc, ldc);
}

static void gemm(size_t m, size_t n, size_t k, td_view a, td_view b, float *c, size_t ldc)
{
    enum { PANEL = TD_BLOCK_VECS * TD_WIDTH };
    size_t j = 0;
    for (; j + PANEL <= n; j += PANEL, b.at += PANEL)
        panel_vecs(m, k, a, b, c + j, ldc);
    for (; j + TD_WIDTH <= n; j += TD_WIDTH, b.at += TD_WIDTH)
        panel_1(m, k, a, b, c + j, ldc);
    for (; j < n; j++, b.at++)
        block_scalar(k, a, b, c + j, ldc, m);
}

enum { VECS_PER_LANES = TD_LANES / TD_WIDTH };

typedef struct {
    td_vec v[VECS_PER_LANES];
} lanes;

static inline lanes lanes_of(float x)
{
    lanes all;
    EACH (q, VECS_PER_LANES)
        all.v[q] = td_all(x);
    return all;
}

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

static float row_max(size_t n, const float *x)
{
    lanes largest = lanes_of(-__builtin_inff());
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES)
            largest.v[q] = td_max(largest.v[q], td_load(x + i + q * TD_WIDTH));
    float lane[TD_LANES];
    EACH (q, VECS_PER_LANES)
        td_store(lane + q * TD_WIDTH, largest.v[q]);
    float max = lane[0];
    for (size_t i = 1; i < TD_LANES; i++)
        max = max > lane[i] ? max : lane[i];
    return max;
}

static float row_exp(size_t n, float shift, const float *weights, float *x)
{
    const td_vec shifts = td_all(shift);
    lanes sums = lanes_of(0);
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            float *p = x + i + q * TD_WIDTH;
            td_vec e = exp_of(td_sub(td_load(p), shifts));
            td_store(p, e);
            sums.v[q] = td_fma(td_load(weights + i + q * TD_WIDTH), e, sums.v[q]);
        }
    return sum_of_lanes(&sums);
}

static void row_scale(size_t n, float factor, const float *weights, float *x)
{
    const td_vec factors = td_all(factor);
    for (size_t i = 0; i < n; i += TD_WIDTH) {
        td_vec scale = td_mul(td_load(weights + i), factors);
        td_store(x + i, td_mul(td_load(x + i), scale));
    }
}

static float row_weight_above(size_t n, float limit, const float *weights, const float *x)
{
    const td_vec limits = td_all(limit);
    lanes sums = lanes_of(0);
    for (size_t i = 0; i < n; i += TD_LANES)
        EACH (q, VECS_PER_LANES) {
            size_t at = i + q * TD_WIDTH;
            td_vec counted = td_where_above(td_load(x + at), limits, td_load(weights + at));
            sums.v[q] = td_add(sums.v[q], counted);
        }
    return sum_of_lanes(&sums);
}

static td_magnitude exact_add_here(int exponent, size_t n, const float *terms, td_exact *sums)
{
    return exact_add(exponent, n, terms, sums);
}

#define QUOTED(name)  #name
#define NAME_OF(isa)  QUOTED(isa)
#define JOINED(a, b)  a##b
#define TABLE_OF(isa) JOINED(td_kernels_, isa)

extern const td_kernels TABLE_OF(TD_ISA_NAME);
const td_kernels TABLE_OF(TD_ISA_NAME) = {
    .name = NAME_OF(TD_ISA_NAME),
    .gemm = gemm,
    .dense_gemm = gemm,
    .row_max = row_max,
    .row_exp = row_exp,
    .row_scale = row_scale,
    .row_weight_above = row_weight_above,
    .exact_add = exact_add_here,
};
