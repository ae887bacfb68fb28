/* Prints "set part hash" for each instruction set of this CPU and each part of the numerics whose
 * bits must not depend on set, compiler or optimization. That a part has one hash wherever this
 * runs is the test (scripts/test-aarch64); the numbers themselves mean nothing. */
#include "math/elementary.h"
#include "math/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { M = 29, N = 70, K = 37, STRIDE = 80, ROW = 528, TERMS = 1003 };

/* FNV-1a, 64 bits, going on from a hash. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 1099511628211U;
    return hash;
}

/* NaN has many bit patterns, and CPUs prefer different ones: all count as one. */
static uint64_t hash_floats(uint64_t hash, size_t n, const float *x)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0x7fc00000U;
        if (!isnan(x[i]))
            memcpy(&bits, &x[i], sizeof bits);
        hash = hash_bytes(hash, &bits, sizeof bits);
    }
    return hash;
}

/* Whole mantissas over 20 binary orders of magnitude, so that every rounding counts. */
static void fill(size_t n, uint32_t seed, float *x)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = ldexpf((float)(int32_t)seed, (int)(seed >> 8) % 20 - 41);
    }
}

static uint64_t hash_gemm(const td_kernels *kernels, uint64_t hash)
{
    static float a[K * STRIDE], b[K * STRIDE], start[STRIDE], c[M * STRIDE];
    fill(K * STRIDE, 1, a);
    fill(K * STRIDE, 2, b);
    fill(STRIDE, 4, start);
    for (size_t m = 1; m <= M; m++)
        for (size_t n = 1; n <= N; n += 1 + n / 8) {
            bool transposed = (m + n) % 2;
            td_view left = {a, STRIDE, transposed};
            fill(M * STRIDE, 3, c);
            kernels->gemm(m, n, 1 + (m * 7 + n) % K, left, b, STRIDE, n % 3 ? start : NULL, c,
                          STRIDE);
            hash = hash_floats(hash, m * STRIDE, c);
        }
    return hash;
}

/* Products of what is rounded to bfloat16, and rows packed for two of them. */
static uint64_t hash_rounded(const td_kernels *kernels, uint64_t hash)
{
    enum { ROWS = 41, DEPTH = 70 };
    static float a[DEPTH * STRIDE], b[DEPTH * STRIDE], start[STRIDE], c[STRIDE * STRIDE];
    static float a_room[DEPTH * STRIDE], b_room[DEPTH * STRIDE], left_room[ROWS * STRIDE],
        across_room[ROWS * STRIDE], weights[STRIDE], scores[(ROWS + 1) * STRIDE];
    const td_kernels k = td_kernels_that_round(kernels);
    fill(DEPTH * STRIDE, 7, a);
    fill(DEPTH * STRIDE, 8, b);
    fill(STRIDE, 9, start);
    for (size_t m = 1; m <= ROWS; m += 1 + m / 4)
        for (size_t n = 1; n <= N; n += 1 + n / 8) {
            const size_t depth = 1 + (m * 7 + n * 5) % DEPTH;
            const td_view left = k.pack_left(m, depth, (td_view){a, STRIDE, (m + n) % 2}, a_room);
            const td_view right =
                k.pack_right(depth, n, (td_view){b, STRIDE, n % 2}, b_room, STRIDE);
            k.packed_gemm(m, n, depth, left, right.at, right.stride, n % 3 ? start : NULL, c, n);
            hash = hash_floats(hash, m * n, c);
        }
    const td_packed_rows rows = k.packed_rows(STRIDE, left_room, across_room);
    for (size_t j = 0; j < STRIDE; j++)
        weights[j] = fabsf(start[j]);
    for (size_t j = 0; j < (ROWS + 1) * STRIDE; j++) /* none above their row's maximum */
        scores[j] = 9 - fabsf(b[j]);
    for (size_t i = 0; i < ROWS; i += 2) {
        td_packed_row two[2] = {{weights, scores + i * STRIDE, 9, 0},
                                {weights, scores + (i + 1) * STRIDE, 9, 0}};
        k.pack_exp(STRIDE, i + 1 < ROWS ? 2 : 1, two, &rows, i);
        hash = hash_floats(hash, 1, &two[0].sum);
    }
    const td_view right = k.pack_right(ROWS, 33, (td_view){a, STRIDE, false}, b_room, 33);
    k.packed_gemm(STRIDE, 33, ROWS, rows.transposed, right.at, right.stride, NULL, c, 33);
    return hash_floats(hash, STRIDE * 33, c);
}

static uint64_t hash_dots(const td_kernels *kernels, uint64_t hash)
{
    enum { ROWS = 29, MOST = 67 };
    static float a[ROWS * MOST], b[MOST];
    float c[ROWS];
    fill(ROWS * MOST, 5, a);
    fill(MOST, 6, b);
    for (size_t n = 1; n <= MOST; n++) {
        kernels->row_dots(ROWS, n, a, b, 0.7F, c);
        hash = hash_floats(hash, ROWS, c);
    }
    return hash;
}

/* Products at the edges of float: denormal, huge, infinite, and sums that cancel. */
static uint64_t hash_edges(const td_kernels *kernels, uint64_t hash)
{
    const float values[] = {0,         -0.0F,           1,        -1,         0x1p-149F,
                            0x1p-126F, 0x1.fffffep127F, 0x1p-75F, 0x1p100F,   -0x1p100F,
                            INFINITY,  0x1.000002p0F,   -1e-40F,  0x1.8p-60F, 0x1.555556p-2F};
    enum { VALUES = sizeof values / sizeof *values };
    for (size_t i = 0; i < VALUES * VALUES * VALUES; i++) {
        float a = values[i % VALUES], c[TD_LANES + 1], b[TD_LANES + 1], start[TD_LANES + 1];
        for (size_t j = 0; j <= TD_LANES; j++) {
            b[j] = values[i / VALUES % VALUES];
            start[j] = values[i / VALUES / VALUES];
        }
        kernels->gemm(1, TD_LANES + 1, 1, (td_view){&a, 1, false}, b, 1, start, c, 1);
        hash = hash_floats(hash, TD_LANES + 1, c);
    }
    return hash;
}

/* The softmax of a row, piece by piece. */
static uint64_t hash_rows(const td_kernels *kernels, uint64_t hash)
{
    static float scores[ROW], weights[ROW];
    for (size_t n = TD_LANES; n <= ROW; n += TD_LANES) {
        fill(n, (uint32_t)n, scores);
        for (size_t i = 0; i < n; i++)
            weights[i] = (float)(i * 7 % 11);
        float tied, found[3] = {kernels->row_max(n, scores)};
        kernels->row_weights_beside(n, scores[3], weights, scores, &found[1], &tied);
        found[2] = kernels->row_exp(n, found[0], weights, scores);
        hash = hash_floats(hash_floats(hash, 3, found), n, scores);
        kernels->row_scale(n, 0.37F, weights, scores);
        hash = hash_floats(hash, n, scores);
    }
    return hash;
}

static uint64_t hash_exp(const td_kernels *kernels, uint64_t hash)
{
    enum { STEPS = 16384 };
    float x[TD_LANES], weights[TD_LANES];
    for (int step = 0; step < STEPS; step += TD_LANES) {
        for (int i = 0; i < TD_LANES; i++) {
            x[i] = -66.0F * (float)(step + i) / (float)STEPS;
            weights[i] = 1;
        }
        float sum = kernels->row_exp(TD_LANES, 0.1F, weights, x);
        hash = hash_floats(hash_floats(hash, TD_LANES, x), 1, &sum);
    }
    float edges[TD_LANES] = {0, -0.0F, -64, -64.0001F, -1e30F, -INFINITY, NAN, 1, 88};
    kernels->row_exp(TD_LANES, 0, weights, edges);
    return hash_floats(hash, TD_LANES, edges);
}

static uint64_t hash_exact_sums(const td_kernels *kernels, uint64_t hash)
{
    static float terms[TERMS], values[TERMS];
    td_exact sums[TERMS] = {0}, others[TERMS] = {0};
    for (uint32_t turn = 0; turn < 20; turn++) {
        fill(TERMS, turn, terms);
        td_magnitude here = kernels->exact_add(TD_EXACT_GRADIENT, TERMS, terms, sums);
        td_magnitude there = td_exact_add(TD_EXACT_TOTAL, TERMS, terms, others);
        hash = hash_bytes(hash_bytes(hash, &here, sizeof here), &there, sizeof there);
    }
    td_exact_to_float(TD_EXACT_GRADIENT, TERMS, sums, values);
    hash = hash_floats(hash, TERMS, values);
    td_exact_merge(TERMS, others, sums);
    return hash_bytes(hash, sums, sizeof sums);
}

static uint64_t hash_elementary(const td_kernels *kernels, uint64_t hash)
{
    (void)kernels;
    for (uint32_t bits = 0; bits < 0x7f800000U; bits += 104729) {
        float x;
        memcpy(&x, &bits, sizeof x);
        const float values[] = {td_ln(x), td_exp(x), td_exp(-x)};
        hash = hash_floats(hash, 3, values);
    }
    for (int i = 0; i < 1000; i++) {
        const double x = i / 1000.0;
        const double values[] = {td_cos_half_turn(x), td_power_of_share(0.013, x)};
        hash = hash_bytes(hash, values, sizeof values);
    }
    return hash;
}

static const struct {
    const char *name;
    uint64_t (*hash)(const td_kernels *kernels, uint64_t hash);
} parts[] = {
    {"gemm", hash_gemm},
    {"rounded", hash_rounded},
    {"dots", hash_dots},
    {"gemm_edges", hash_edges},
    {"rows", hash_rows},
    {"exp", hash_exp},
    {"exact_sums", hash_exact_sums},
    {"elementary", hash_elementary},
};

int main(void)
{
    static const char *const sets[] = {"amx", "avx512bf16", "avx512", "avx2", "neon", "portable"};
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        td_kernels kernels;
        if (td_kernels_find(sets[s], false, &kernels) != TD_OK)
            continue;
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            printf("%s %s %016llx\n", sets[s], parts[p].name,
                   (unsigned long long)parts[p].hash(&kernels, 14695981039346656037U));
    }
    return 0;
}
