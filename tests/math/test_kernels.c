/* What kernels promise: the same bits in every instruction set, those of the chains that
 * kernels.h defines, for every shape; and the accuracy of exp and ln. */
#include "base/memory.h"
#include "math/elementary.h"
#include "math/kernels.h"
#include "sets.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { M = 29, N = 70, K = 37, STRIDE = 80, ROW = 528 };

/* Whole mantissas over 20 binary orders of magnitude, so that every rounding counts. */
static void fill(size_t n, uint32_t seed, float *x)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = ldexpf((float)(int32_t)seed, (int)(seed >> 8) % 20 - 41);
    }
}

static bool same_bits(const float *x, const float *y, size_t n)
{
    return memcmp(x, y, n * sizeof *x) == 0;
}

static void chain(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                  const float *start, float *c, size_t ldc)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float *sum = &c[i * ldc + j];
            *sum = start ? start[j] : 0;
            for (size_t l = 0; l < k; l++)
                *sum = fmaf(element(a, i, l), b[l * ldb + j], *sum);
        }
}

static void check_gemm(const td_kernels *kernels)
{
    static float a[K * STRIDE], b[K * STRIDE], start[STRIDE], c[M * STRIDE], d[M * STRIDE];
    fill(K * STRIDE, 1, a);
    fill(K * STRIDE, 2, b);
    fill(STRIDE, 3, start);
    for (size_t m = 1; m <= M; m++)
        for (size_t n = 1; n <= N; n += 1 + n / 20) {
            size_t k = 1 + (m * 7 + n) % K;
            bool transposed = (m + n) % 2;
            td_view left = {a, STRIDE, transposed};
            const float *first = n % 3 && m % 2 ? start : NULL;
            const size_t ldc = n == 1 ? 1 : STRIDE; /* contiguous: a case of its own */
            fill(M * STRIDE, 4,
                 c); /* what was there does not matter, and stays beside the product */
            fill(M * STRIDE, 4, d);
            kernels->gemm(m, n, k, left, b, STRIDE, first, c, ldc);
            chain(m, n, k, left, b, STRIDE, first, d, ldc);
            cr_assert(same_bits(c, d, M * STRIDE), "%s: %zu x %zu x %zu", kernels->name, m, n, k);
        }
}

Test(kernels, gemm_is_the_chain_of_fused_operations)
{
    check_each_set(false, check_gemm);
}

typedef struct {
    size_t m, n, k;
    bool transposed, starts;
    size_t gap; /* between rows */
} shape;

/* In whole-sized memory of its own, so that the sanitizers see a step beyond it. */
static float *matrix(size_t rows, size_t stride, uint32_t seed)
{
    float *x = TD_NEW(float, rows *stride);
    fill(rows * stride, seed, x);
    return x;
}

/* Where no two rows use it, the distance between rows may be anything. */
static size_t stride_of(size_t rows, size_t length, size_t gap)
{
    return rows < 2 && gap > 0 ? 0 : length + gap;
}

/* The largest error that m n chains of k roundings in any order may have, as a part of what they
 * may: at most 1. */
static double error_of(shape s, td_view a, const float *b, size_t ldb, const float *start,
                       const float *c, size_t ldc)
{
    double worst = 0;
    for (size_t i = 0; i < s.m; i++)
        for (size_t j = 0; j < s.n; j++) {
            double sum = s.starts ? (double)start[j] : 0, sizes = fabs(sum);
            for (size_t l = 0; l < s.k; l++) {
                double term = (double)element(a, i, l) * (double)b[l * ldb + j];
                sum += term;
                sizes += fabs(term);
            }
            double error = fabs((double)c[i * ldc + j] - sum);
            double part = error == 0 ? 0 : error / (sizes * (double)(s.k + 1) * 0x1p-24);
            worst = isnan(worst) || worst >= part ? worst : part;
        }
    return worst;
}

/* Rooms c and d hold one row more, and what lies beside the product stays. */
static void check_shape(const td_kernels *kernels, shape s)
{
    const size_t rows = s.transposed ? s.k : s.m, length = s.transposed ? s.m : s.k;
    const size_t lda = stride_of(rows, length, s.gap), ldb = stride_of(s.k, s.n, s.gap);
    const size_t ldc = stride_of(s.m, s.n, s.gap), most = (s.m + 1) * (s.n + s.gap);
    float *at = matrix(rows, length + s.gap, 1), *b = matrix(s.k, s.n + s.gap, 2);
    float *start = matrix(1, s.n, 3), *c = matrix(1, most, 4), *d = matrix(1, most, 4);
    const td_view a = {at, lda, s.transposed};
    for (size_t i = 0; i < s.m; i++) /* not even NaN may pass from what was there */
        for (size_t j = 0; j < s.n; j++)
            c[i * ldc + j] = NAN;
    kernels->dense_gemm(s.m, s.n, s.k, a, b, ldb, s.starts ? start : NULL, c, ldc);
    const bool exact = kernels->dense_gemm == kernels->gemm;
    const double error = error_of(s, a, b, ldb, start, c, ldc);
    chain(s.m, s.n, s.k, a, b, ldb, s.starts ? start : NULL, d, ldc);
    for (size_t i = 0; i < s.m && !exact; i++)
        memcpy(d + i * ldc, c + i * ldc, s.n * sizeof *d);
    cr_assert(error <= 1 && same_bits(c, d, most),
              "%s%s: %zu x %zu x %zu, transposed %d, start %d, gap %zu: error %g of 1",
              kernels->name, exact ? "" : ", openblas", s.m, s.n, s.k, s.transposed, s.starts,
              s.gap, error);
    td_free(at), td_free(b), td_free(start), td_free(c), td_free(d);
}

static void check_every_shape(const td_kernels *kernels)
{
    static const size_t extents[] = {0, 1, 2, 15, 16, 17, 65};
    enum { EXTENTS = sizeof extents / sizeof *extents, WAYS = 8 };
    for (size_t i = 0; i < EXTENTS * EXTENTS * EXTENTS * WAYS; i++) {
        const size_t way = i % WAYS, of = i / WAYS;
        check_shape(kernels, (shape){.m = extents[of % EXTENTS],
                                     .n = extents[of / EXTENTS % EXTENTS],
                                     .k = extents[of / EXTENTS / EXTENTS],
                                     .transposed = way & 1,
                                     .starts = way & 2,
                                     .gap = way & 4 ? 3 : 0});
    }
}

Test(kernels, products_are_those_of_a_plain_loop_for_every_extent)
{
    td_kernels openblas;
    cr_assert_eq(td_kernels_find(NULL, true, &openblas), TD_OK);
    cr_assert_neq(openblas.dense_gemm, openblas.gemm);
    check_each_set(false, check_every_shape);
    check_every_shape(&openblas);
}

/* Rows that overlap: cblas_sgemm refuses them and returns. */
Test(kernels, a_product_that_openblas_would_refuse_ends_the_run, .exit_code = 1)
{
    td_kernels openblas;
    float a[4] = {1}, b[4] = {1}, c[4];
    cr_assert_eq(td_kernels_find(NULL, true, &openblas), TD_OK);
    openblas.dense_gemm(2, 2, 2, (td_view){a, 1, false}, b, 2, NULL, c, 2);
}

/* fmaf of the C library is correctly rounded: the emulation must be, too. */
static void check_extreme_products(const td_kernels *kernels)
{
    const float values[] = {0,
                            -0.0F,
                            1,
                            -1,
                            0x1p-149F,
                            -0x1.8p-140F,
                            0x1p-126F,
                            0x1.fffffep-127F,
                            0x1p-75F,
                            0x1p-60F,
                            0x1.fffffep127F,
                            0x1p100F,
                            -0x1p100F,
                            0x1.000002p0F,
                            0x1.fffffep-1F,
                            INFINITY,
                            -INFINITY,
                            0x1.555556p-2F};
    enum { VALUES = sizeof values / sizeof *values };
    for (size_t i = 0; i < VALUES * VALUES * VALUES; i++) {
        float a = values[i % VALUES], b = values[i / VALUES % VALUES];
        float start = values[i / VALUES / VALUES], expected = fmaf(a, b, start), c;
        kernels->gemm(1, 1, 1, (td_view){&a, 1, false}, &b, 1, &start, &c, 1);
        bool equal = isnan(expected) ? isnan(c) : same_bits(&c, &expected, 1);
        cr_assert(equal, "%s: %a * %a: %a, not %a", kernels->name, a, b, c, expected);
    }
}

Test(kernels, products_round_once_at_the_edges_of_float)
{
    check_each_set(false, check_extreme_products);
}

static float lane_sum(const float *weights, const float *x, size_t n)
{
    float lane[TD_LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        lane[i % TD_LANES] = fmaf(weights[i], x[i], lane[i % TD_LANES]);
    for (size_t i = 0; i < TD_LANES; i++)
        sum += lane[i];
    return sum;
}

/* The sum of two rows' products: in lanes, which are added by halves. */
static float dot(float start, const float *a, const float *b, size_t n)
{
    float lane[TD_LANES] = {0};
    for (size_t k = 0; k < n; k++)
        lane[k % TD_LANES] = fmaf(a[k], b[k], lane[k % TD_LANES]);
    for (size_t half = TD_LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return start + lane[0];
}

static void check_dots(const td_kernels *kernels)
{
    enum { ROWS = 27, MOST = 70 };
    float a[ROWS * MOST], b[MOST], c[ROWS + 1];
    fill(ROWS * MOST, 1, a);
    fill(MOST, 2, b);
    for (size_t m = 1; m <= ROWS; m++)
        for (size_t n = 1; n <= MOST; n++) {
            c[m] = 7;
            kernels->row_dots(m, n, a, b, 0.3F, c);
            for (size_t i = 0; i < m; i++) {
                float expected = dot(0.3F, a + i * n, b, n);
                cr_assert(same_bits(&c[i], &expected, 1), "%s: row %zu of %zu, %zu elements",
                          kernels->name, i, m, n);
            }
            cr_assert_eq(c[m], 7, "%s: %zu rows of %zu wrote another", kernels->name, m, n);
        }
}

Test(kernels, dots_are_sums_in_lanes)
{
    check_each_set(false, check_dots);
}

static uint32_t bits(float x)
{
    uint32_t word;
    memcpy(&word, &x, sizeof word);
    return word;
}

/* Every place of which the scores fall short of a limit, NaN never, is passed over. */
static void check_reach(const td_kernels *kernels, size_t n, const float *scores)
{
    static float x[ROW];
    memcpy(x, scores, n * sizeof *x);
    for (size_t i = 0; i < n; i += TD_LANES) {
        size_t reached = n;
        for (size_t j = n; j-- > i;)
            reached = x[j] >= x[n / 2] || isnan(x[j]) ? j / TD_LANES * TD_LANES : reached;
        cr_assert_eq(kernels->row_reach(i, n, x[n / 2], x), reached, "%s: %zu of %zu",
                     kernels->name, i, n);
        cr_assert_eq(kernels->row_reach(i, n, INFINITY, x), n);
        cr_assert_eq(kernels->row_reach(i, n, -INFINITY, x), i);
    }
    x[n - 1] = NAN;
    cr_assert_eq(kernels->row_reach(0, n, INFINITY, x), n - TD_LANES);
}

static void check_rows(const td_kernels *kernels)
{
    td_kernels portable;
    cr_assert_eq(td_kernels_find("portable", false, &portable), TD_OK);
    static float scores[ROW], weights[ROW], x[ROW], y[ROW];
    for (size_t n = TD_LANES; n <= ROW; n += TD_LANES) {
        fill(n, (uint32_t)n, scores);
        for (size_t i = 0; i < n; i++)
            weights[i] = (float)(i * 7 % 11);
        float max = scores[0];
        for (size_t i = 1; i < n; i++)
            max = fmaxf(max, scores[i]);
        cr_assert_eq(kernels->row_max(n, scores), max, "%s: maximum of %zu", kernels->name, n);
        check_reach(kernels, n, scores);
        memcpy(x, scores, sizeof x);
        memcpy(y, scores, sizeof y);
        float sum = kernels->row_exp(n, max, weights, x);
        float expected = portable.row_exp(n, max, weights, y);
        cr_assert_eq(bits(sum), bits(expected));
        cr_assert_eq(bits(sum), bits(lane_sum(weights, x, n)), "16 lanes, then in order");
        cr_assert(same_bits(x, y, n), "%s: exp of %zu", kernels->name, n);
        kernels->row_scale(n, 0.37F, weights, x);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(x[i], y[i] * (weights[i] * 0.37F));
        float above = 0, tied = 0, found[2];
        for (size_t i = 0; i < n; i++) {
            above += scores[i] > scores[3] ? weights[i] : 0;
            tied += scores[i] == scores[3] ? weights[i] : 0;
        }
        kernels->row_weights_beside(n, scores[3], weights, scores, &found[0], &found[1]);
        cr_assert(found[0] == above && found[1] == tied);
    }
}

Test(kernels, rows_have_the_same_bits_in_every_set)
{
    check_each_set(false, check_rows);
}

/* A row's slopes and sums in every set, of which the portable ones are judged in double. */
static void check_totals(const td_kernels *kernels)
{
    enum { LONG = 21 * TD_LANES };
    td_kernels portable;
    cr_assert_eq(td_kernels_find("portable", false, &portable), TD_OK);
    float x[LONG], y[LONG], z[LONG], weights[LONG];
    fill(LONG, 3, weights);
    for (int i = 0; i < LONG; i++) {
        const int from_middle = i * 37 % LONG - LONG / 2;
        x[i] = (float)from_middle / 2.5F;
    }
    x[7] = -INFINITY;
    for (int softplus = 0; softplus < 2; softplus++) {
        double value = 0, slope = 0, weight = 0, size = 0;
        memcpy(y, x, sizeof x);
        memcpy(z, x, sizeof x);
        const td_row_total here =
            (softplus ? kernels->row_softplus : kernels->row_hinge)(LONG, 0.3F, weights, y);
        const td_row_total there =
            (softplus ? portable.row_softplus : portable.row_hinge)(LONG, 0.3F, weights, z);
        cr_assert(bits(here.value) == bits(there.value) && bits(here.slope) == bits(there.slope) &&
                  bits(here.weight) == bits(there.weight) && same_bits(y, z, LONG));
        for (int i = 0; i < LONG; i++) {
            const double d = (double)(x[i] - 0.3F), w = (double)weights[i];
            const double s = softplus ? 1 / (1 + exp(-d)) : d > 0;
            cr_assert_float_eq((double)y[i], s, 2e-7);
            value += w * (softplus ? (d > 30 ? d : log1p(exp(d))) : fmax(d, 0));
            slope += w * s;
            weight += w;
            size += fabs(w) * fmax(d, 1);
        }
        cr_assert_float_eq((double)here.value, value, 1e-6 * size);
        cr_assert_float_eq((double)here.slope, slope, 1e-6 * size);
        cr_assert_float_eq((double)here.weight, weight, 1e-6 * size);
    }
    x[5] = NAN;
    memcpy(y, x, sizeof x);
    cr_assert(isnan(kernels->row_hinge(LONG, 0, weights, x).value));
    cr_assert(isnan(kernels->row_softplus(LONG, 0, weights, y).value) && isnan(y[5]));
}

Test(kernels, slopes_and_sums_have_the_same_bits_in_every_set)
{
    check_each_set(false, check_totals);
}

static void check_exp(const td_kernels *kernels)
{
    enum { STEPS = 4096 };
    float x[TD_LANES], weights[TD_LANES] = {0};
    for (int step = 0; step <= STEPS; step++) {
        float at = -64.0F * (float)step / (float)STEPS;
        for (int i = 0; i < TD_LANES; i++)
            x[i] = at;
        kernels->row_exp(TD_LANES, 0, weights, x);
        double error = fabs((double)x[5] / exp(at) - 1);
        cr_assert_lt(error, 1.2e-7, "%s: exp(%g) is off by %g", kernels->name, at, error);
    }
    const float edges[TD_LANES] = {0, -0.0F, -64, -64.0001F, -1e30F, -INFINITY, NAN};
    memcpy(x, edges, sizeof x);
    kernels->row_exp(TD_LANES, 0, weights, x);
    cr_assert(x[0] == 1 && x[1] == 1 && x[2] > 0);
    for (int i = 3; i <= 5; i++)
        cr_assert_eq(bits(x[i]), 0, "%s: exp(%g) is +0", kernels->name, edges[i]);
    cr_assert(isnan(x[6]), "%s: NaN stays", kernels->name);
    for (uint32_t payload = 1; payload < 1U << 22; payload = 2 * payload + 1) {
        const uint32_t odd_nan = 0x7fc00000U | payload;
        memcpy(&x[payload % TD_LANES], &odd_nan, sizeof odd_nan);
        float sum = kernels->row_exp(TD_LANES, 0, weights, x);
        cr_assert(isnan(x[payload % TD_LANES]) && isnan(sum), "%s: NaN of payload %x",
                  kernels->name, payload);
    }
}

Test(kernels, exp_is_accurate_and_exact_at_its_edges)
{
    check_each_set(false, check_exp);
}

static void check_exact_add(const td_kernels *kernels)
{
    static float terms[1003];
    static td_exact sums[1003], expected[1003];
    fill(1003, 9, terms);
    for (int turn = 0; turn < 3; turn++) {
        td_magnitude here = kernels->exact_add(TD_EXACT_GRADIENT, 1003, terms, sums);
        td_magnitude there = td_exact_add(TD_EXACT_GRADIENT, 1003, terms, expected);
        cr_assert_eq(here, there);
    }
    cr_assert_arr_eq(sums, expected, sizeof sums);
}

Test(kernels, exact_sums_are_those_of_every_set)
{
    check_each_set(false, check_exact_add);
}

Test(kernels, ln_is_accurate_and_exact_at_its_edges)
{
    for (int exponent = -149; exponent < 128; exponent++)
        for (int part = 0; part < 64; part++) {
            float x = ldexpf(1 + (float)part / 64, exponent);
            float expected = (float)log(x);
            float error = fabsf(td_ln(x) - expected);
            cr_assert_leq(error, fabsf(expected) * 0x1p-23F, "ln(%a) = %a", x, td_ln(x));
        }
    cr_assert_eq(td_ln(1), 0);
    cr_assert_eq(td_ln(0), -INFINITY);
    cr_assert(isnan(td_ln(-1)) && isnan(td_ln(NAN)) && isinf(td_ln(INFINITY)));
}

Test(kernels, exp_of_a_number_is_accurate_and_exact_at_its_edges)
{
    for (int i = -63 * 64; i < 88 * 64; i++) {
        const float x = (float)i / 64 + 0.003F, expected = (float)exp(x);
        cr_assert_leq(fabsf(td_exp(x) - expected), expected * 0x1p-23F, "exp(%a) = %a", x,
                      td_exp(x));
    }
    cr_assert_eq(td_exp(0), 1);
    cr_assert(td_exp(-64) == 0 && td_exp(-INFINITY) == 0 && td_exp(-63.99F) > 0);
    cr_assert(isinf(td_exp(89)) && isinf(td_exp(INFINITY)) && isnan(td_exp(NAN)));
}

Test(kernels, an_unknown_or_absent_set_is_an_error_that_lists_the_others)
{
    td_kernels kernels;
    cr_assert_eq(td_kernels_find("sse9", false, &kernels), TD_ERR_USAGE);
    cr_assert(strstr(td_message(), "sse9") && strstr(td_message(), "portable"), "%s", td_message());
#if defined __x86_64__
    cr_assert_eq(td_kernels_find("neon", false, &kernels), TD_ERR_LAYOUT);
#endif
    cr_assert(td_kernels_thread_is_sound());
}
