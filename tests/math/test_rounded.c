/* What kernels that round promise: in every instruction set the bits of the definition in
 * math/kernels.h, written out here one element after the other. */
#include "base/memory.h"
#include "math/kernels.h"
#include "sets.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { EDGES = 22 };

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Any NaN counts as another. */
static bool same(float x, float y)
{
    return isnan(x) ? isnan(y) : bits_of(x) == bits_of(y);
}

/* By arithmetic, not by bits: the nearest of 8 places, of two the even one. */
static float rounded(float x)
{
    int exponent;
    if (!isfinite(x) || x == 0)
        return x == 0 ? 0 : x;
    const double places = ldexp(frexp((double)x, &exponent), 8);
    double whole = floor(places);
    if (places - whole > 0.5 || (places - whole == 0.5 && fmod(whole, 2) != 0))
        whole += 1;
    const float nearest = (float)ldexp(whole, exponent - 8); /* infinity where that is too large */
    return fabsf(nearest) < 0x1p-50F ? 0 : nearest;
}

/* start + sum of blocks of 32, of each the sum of two chains of 16 */
static float definition(size_t k, td_view a, size_t i, td_view b, size_t j, float start)
{
    float sum = 0;
    for (size_t block = 0; block < k; block += 32) {
        float chain[2] = {0, 0};
        for (size_t l = block; l < k && l < block + 32; l++)
            chain[(l - block) / 16] =
                fmaf(rounded(element(a, i, l)), rounded(element(b, l, j)), chain[(l - block) / 16]);
        sum += chain[0] + chain[1];
    }
    return start + sum;
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 3 ^ *seed << 29;
}

/* Of some kinds: whole mantissas of similar sizes, of sizes over 60 powers of 2, any bits at all,
 * edges, and what is rounded to 0. */
static void fill(size_t n, int kind, uint32_t seed, float *x)
{
    static const uint32_t edges[EDGES] = {
        0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x267fffff,
        0x267f8000, 0x267f7fff, 0x26800000, 0xa6800000, 0x3f808000, 0x3f818000,
        0x3f807fff, 0xbf808001, 0x7f7fffff, 0xff7f8000, 0x7f7f7fff, 0x7f800000,
        0xff800000, 0x7fc00000, 0x7f800001, 0xffffffff};
    for (size_t i = 0; i < n; i++) {
        const uint32_t mantissa = next(&seed) & 0x807fffffU, size = next(&seed) >> 4;
        x[i] = float_of(mantissa | (kind == 0 ? 120 + size % 12 : 77 + size % 60) << 23);
        if (kind == 2)
            x[i] = float_of(next(&seed));
        if (kind == 3 && size % 3 == 0)
            x[i] = float_of(edges[next(&seed) % EDGES]);
        if (kind == 4)
            x[i] *= 0x1p-100F;
    }
}

/* What sums start from: of the kinds above, all zeros, nothing but 0 and -infinity, or so small
 * that a sum may be denormal. */
static void fill_start(size_t n, int kind, float *x)
{
    static const float edges[][3] = {
        {0, -0.0F, 0}, {0, -INFINITY, 0}, {0x1p-140F, -0x1.fffffep-127F, 0x1p-101F}};
    enum { FILLS = 4, EDGED = sizeof edges / sizeof *edges };
    if (kind % (FILLS + EDGED) < FILLS)
        fill(n, kind % (FILLS + EDGED), 3, x);
    else
        for (size_t i = 0; i < n; i++)
            x[i] = edges[kind % (FILLS + EDGED) - FILLS][i % 3];
}

typedef struct {
    size_t m, n, k;
    bool a_transposed, b_transposed, starts;
    int kind, start_kind;
} shape;

/* In rooms of the size that is promised, so that the sanitizers see a step beyond. */
static void check_shape(const td_kernels *kernels, shape s)
{
    const size_t gap = 3, lda = (s.a_transposed ? s.m : s.k) + gap;
    const size_t ldb = (s.b_transposed ? s.k : s.n) + gap, ldc = s.n + gap, stride = s.n + 1;
    float *at = TD_NEW(float, (s.a_transposed ? s.k : s.m) * lda);
    float *b_at = TD_NEW(float, (s.b_transposed ? s.n : s.k) * ldb);
    float *start = TD_NEW(float, s.n), *c = TD_NEW(float, s.m *ldc);
    float *a_room = TD_NEW(float, s.m *s.k), *b_room = TD_NEW(float, s.k *stride);
    fill((s.a_transposed ? s.k : s.m) * lda, s.kind, 1, at);
    fill((s.b_transposed ? s.n : s.k) * ldb, s.kind, 2, b_at);
    fill_start(s.n, s.start_kind, start);
    for (size_t i = 0; i < s.m * ldc; i++)
        c[i] = 7;
    const td_view a = {at, lda, s.a_transposed}, b = {b_at, ldb, s.b_transposed};
    const td_view left = kernels->pack_left(s.m, s.k, a, a_room);
    const td_view right = kernels->pack_right(s.k, s.n, b, b_room, stride);
    kernels->packed_gemm(s.m, s.n, s.k, left, right.at, right.stride, s.starts ? start : NULL, c,
                         ldc);
    for (size_t i = 0; i < s.m; i++)
        for (size_t j = 0; j < ldc; j++) {
            const float expected =
                j < s.n ? definition(s.k, a, i, b, j, s.starts ? start[j] : 0) : 7;
            cr_assert(same(c[i * ldc + j], expected),
                      "%s: %zu x %zu x %zu, kind %d: (%zu, %zu) is %a, not %a", kernels->name, s.m,
                      s.n, s.k, s.kind, i, j, (double)c[i * ldc + j], (double)expected);
        }
    td_free(at), td_free(b_at), td_free(start), td_free(c), td_free(a_room), td_free(b_room);
}

static void check_shapes(const td_kernels *kernels)
{
    static const size_t depths[] = {1, 2, 15, 16, 17, 31, 32, 33, 47, 49, 64, 81, 130};
    enum { DEPTHS = sizeof depths / sizeof *depths, MANY = 1200 };
    uint32_t seed = 5;
    for (size_t i = 0; i < MANY; i++) {
        const shape s = {.m = 1 + next(&seed) % (i % 5 ? 15 : 40),
                         .n = 1 + next(&seed) % (i % 3 ? 35 : 100),
                         .k = depths[next(&seed) % DEPTHS],
                         .a_transposed = next(&seed) & 1,
                         .b_transposed = next(&seed) & 1,
                         .starts = next(&seed) & 1,
                         .kind = (int)(i % 4),
                         .start_kind = (int)i};
        check_shape(kernels, s);
    }
    for (size_t n = 16; n < 50; n += 16)
        check_shape(kernels,
                    (shape){.m = 18, .n = n, .k = n, .starts = true, .kind = 4, .start_kind = 6});
    check_shape(kernels, (shape){.m = 0, .n = 5, .k = 3});
    check_shape(kernels, (shape){.m = 5, .n = 0, .k = 3});
    check_shape(kernels, (shape){.m = 5, .n = 5, .k = 0, .starts = true});
}

Test(rounded, products_have_the_bits_of_the_definition)
{
    check_each_set(true, check_shapes);
}

/* A product by 1 is what the operand was rounded to. */
static void check_rounding(const td_kernels *kernels)
{
    enum { MANY = 4096 };
    const float one = 1;
    float words[2], word[2], c, values[MANY];
    const td_view by = kernels->pack_right(1, 1, (td_view){&one, 1, false}, words, 1);
    for (int kind = 0; kind < 4; kind++) {
        fill(MANY, kind, 9, values);
        for (size_t i = 0; i < MANY; i++) {
            const td_view a = kernels->pack_left(1, 1, (td_view){&values[i], 1, false}, word);
            kernels->packed_gemm(1, 1, 1, a, by.at, by.stride, NULL, &c, 1);
            cr_assert(same(c, rounded(values[i])), "%s: %a is rounded to %a, not %a", kernels->name,
                      (double)values[i], (double)c, (double)rounded(values[i]));
        }
    }
}

Test(rounded, rounding_is_to_nearest_even_and_what_is_small_is_0)
{
    check_each_set(true, check_rounding);
}

/* Rows as both operands: of a product with the unit matrix, which gives the rows back. */
static void check_unpacked(const td_kernels *kernels, size_t rows, size_t n,
                           const td_packed_rows *packed, const float *expected)
{
    const size_t most = n > rows ? n : rows;
    float *unit = TD_NEW(float, most *most), *room = TD_NEW(float, most *most);
    float *c = TD_NEW(float, rows *n);
    for (size_t j = 0; j < n; j++)
        unit[j * n + j] = 1;
    td_view by = kernels->pack_right(n, n, (td_view){unit, n, false}, room, n);
    kernels->packed_gemm(rows, n, n, packed->left, by.at, by.stride, NULL, c, n);
    for (size_t i = 0; i < rows * n; i++)
        cr_assert(same(c[i], expected[i]), "%s: %zu x %zu, left: %zu", kernels->name, rows, n, i);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++)
            unit[i * rows + j] = i == j;
    by = kernels->pack_right(rows, rows, (td_view){unit, rows, false}, room, rows);
    kernels->packed_gemm(n, rows, rows, packed->transposed, by.at, by.stride, NULL, c, rows);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            cr_assert(same(c[j * rows + i], expected[i * n + j]), "%s: %zu x %zu, transposed",
                      kernels->name, rows, n);
    td_free(unit), td_free(room), td_free(c);
}

static float sum_in_lanes(size_t n, const float *x)
{
    float lane[TD_LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        lane[i % TD_LANES] += x[i];
    for (size_t i = 0; i < TD_LANES; i++)
        sum += lane[i];
    return sum;
}

static void check_rows(const td_kernels *kernels)
{
    enum { ROWS = 39, MOST = 80 };
    float x[ROWS * MOST], weights[MOST], expected[ROWS * MOST], sums[ROWS];
    for (size_t n = TD_LANES; n <= MOST; n += TD_LANES)
        for (int exponential = 0; exponential < 2; exponential++) {
            float *left = TD_NEW(float, ROWS * kernels->words(n));
            float *transposed = TD_NEW(float, kernels->words(ROWS) * n);
            const td_packed_rows out = kernels->packed_rows(n, left, transposed);
            fill(ROWS * n, exponential ? 0 : 1, (uint32_t)n, x);
            for (size_t i = 0; i < ROWS * n && !exponential; i++)
                x[i] = fabsf(x[i]);
            for (size_t j = 0; j < n; j++)
                weights[j] = (float)(j * 7 % 11) / 3;
            for (size_t i = 0; i < ROWS; i += 2) {
                td_packed_row rows[2];
                const size_t count = i + 1 < ROWS ? 2 : 1;
                for (size_t r = 0; r < count; r++)
                    rows[r] = (td_packed_row){weights, x + (i + r) * n, 20, 0};
                (exponential ? kernels->pack_exp : kernels->pack_weighted)(n, count, rows, &out, i);
                for (size_t r = 0; r < count; r++)
                    sums[i + r] = rows[r].sum;
            }
            for (size_t i = 0; i < ROWS; i++) {
                float e[MOST];
                memcpy(e, x + i * n, n * sizeof *e);
                if (exponential)
                    kernels->row_exp(n, 20, weights, e);
                for (size_t j = 0; j < n; j++)
                    expected[i * n + j] = rounded(weights[j] * e[j]);
                cr_assert(same(sums[i], sum_in_lanes(n, expected + i * n)));
            }
            check_unpacked(kernels, ROWS, n, &out, expected);
            td_free(left), td_free(transposed);
        }
}

Test(rounded, rows_are_packed_for_both_products_and_summed_as_rounded)
{
    check_each_set(true, check_rows);
}

/* Of all powers of two below 2^100, what is at and beside the middle of two places; and NaN. */
static void check_parts(const td_kernels *kernels)
{
    static const uint32_t places[] = {0,        1,        0x7fff,   0x8000,  0x8001,
                                      0xffff,   0x17fff,  0x18000,  0x18001, 0x7e8000,
                                      0x7f7fff, 0x7f8000, 0x7f8001, 0x7fffff};
    enum { PLACES = sizeof places / sizeof *places };
    float left[TD_LANES], transposed[TD_LANES], x[TD_LANES], ones[TD_LANES], expected[TD_LANES];
    const td_packed_rows out = kernels->packed_rows(TD_LANES, left, transposed);
    for (uint32_t exponent = 0; exponent < 127 + 100; exponent++) {
        for (size_t j = 0; j < TD_LANES; j++) {
            x[j] = j < PLACES ? float_of(exponent << 23 | places[j]) : 0;
            ones[j] = 1;
            expected[j] = rounded(x[j]);
        }
        td_packed_row row = {ones, x, 0, 0};
        kernels->pack_weighted(TD_LANES, 1, &row, &out, 0);
        cr_assert(same(row.sum, sum_in_lanes(TD_LANES, expected)), "%s: 2^%d", kernels->name,
                  (int)exponent - 127);
        check_unpacked(kernels, 1, TD_LANES, &out, expected);
        x[3] = NAN;
        kernels->pack_weighted(TD_LANES, 1, &row, &out, 0);
        cr_assert(isnan(row.sum), "%s: NaN is lost", kernels->name);
    }
}

Test(rounded, parts_are_rounded_as_operands_are)
{
    check_each_set(true, check_parts);
}
