/* Products of what is rounded to bfloat16, and its packing: a part of kernels.c. The definition is
 * in kernels.h; simd_rounded.h says what a word is. */
#ifndef TD_MATH_ROUNDED_H
#define TD_MATH_ROUNDED_H

#include "math/products.h"
#include "math/rounded_parts.h"

/* Words of a chain, words of a number of elements, and rows of a block. */
enum {
    CHAIN_WORDS = TD_ROUNDED_CHAIN / TD_PAIR,
    ROUNDED_BLOCK_ROWS = TD_WIDTH == 16 ? 8 : (int)TD_BLOCK_ROWS
};

static size_t words_of(size_t elements)
{
    return (elements + TD_PAIR - 1) / TD_PAIR;
}

/* c = start + the blocks of the depth, in order: of each first the sum of its two chains, which are
 * sums from +0 and never -0. One loop for all chains, whose sums alone stay in registers: with two,
 * gcc leaves those of one in memory. */
#define DEFINE_ROUNDED_BLOCK(name, ROWS, VECS, PART)                                               \
    static void name(const product *f, float *c, size_t ldc)                                       \
    {                                                                                              \
        enum { HEIGHT = (ROWS) <= ROUNDED_BLOCK_ROWS ? (ROWS) : 1 };                               \
        const float *left = f->a, *right = f->b;                                                   \
        td_vec total[HEIGHT][VECS], first[HEIGHT][VECS];                                           \
        EACH (i, HEIGHT)                                                                           \
            EACH (v, VECS)                                                                         \
                total[i][v] = first[i][v] = td_all(0);                                             \
        size_t depth = f->depth;                                                                   \
        for (size_t chain = 0; depth > 0 || chain % 2; chain++) {                                  \
            td_vec sum[HEIGHT][VECS];                                                              \
            const size_t words = depth < CHAIN_WORDS ? depth : CHAIN_WORDS;                        \
            EACH (i, HEIGHT)                                                                       \
                EACH (v, VECS)                                                                     \
                    sum[i][v] = td_all(0);                                                         \
            for (size_t k = 0; k < words; k++, left += f->a_column, right += f->ldb) {             \
                td_vec row[VECS];                                                                  \
                EACH (v, VECS)                                                                     \
                    row[v] =                                                                       \
                        (PART) ? td_load_part(right, f->lanes) : td_load(right + v * TD_WIDTH);    \
                EACH (i, HEIGHT) {                                                                 \
                    const td_vec factor = td_all(left[i * f->a_row]);                              \
                    EACH (v, VECS)                                                                 \
                        sum[i][v] = td_fma_words(factor, row[v], sum[i][v]);                       \
                }                                                                                  \
            }                                                                                      \
            depth -= words;                                                                        \
            EACH (i, HEIGHT)                                                                       \
                EACH (v, VECS) {                                                                   \
                    if (chain % 2)                                                                 \
                        total[i][v] = td_add(total[i][v], td_add(first[i][v], sum[i][v]));         \
                    else                                                                           \
                        first[i][v] = sum[i][v];                                                   \
                }                                                                                  \
        }                                                                                          \
        EACH (v, VECS) {                                                                           \
            td_vec start = td_all(0);                                                              \
            if (f->start)                                                                          \
                start =                                                                            \
                    (PART) ? td_load_part(f->start, f->lanes) : td_load(f->start + v * TD_WIDTH);  \
            EACH (i, HEIGHT) {                                                                     \
                float *at = c + i * ldc + v * TD_WIDTH;                                            \
                const td_vec whole = td_add(start, total[i][v]);                                   \
                (PART) ? td_store_part(at, f->lanes, whole) : td_store(at, whole);                 \
            }                                                                                      \
        }                                                                                          \
    }

DEFINE_PANEL(DEFINE_ROUNDED_BLOCK, ROUNDED_BLOCK_ROWS, rounded_vecs, TD_BLOCK_VECS, false)
DEFINE_PANEL(DEFINE_ROUNDED_BLOCK, ROUNDED_BLOCK_ROWS, rounded_1, 1, false)
DEFINE_PANEL(DEFINE_ROUNDED_BLOCK, ROUNDED_BLOCK_ROWS, rounded_part, 1, true)

/* c (m, n) = start (n) + a (m, k) b (k, n), of packed operands */
static void rounded_gemm(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                         const float *start, float *c, size_t ldc)
{
    enum { PANEL = TD_BLOCK_VECS * TD_WIDTH };
    const product f = product_of(n, words_of(k), a, b, ldb, start);
    size_t j = 0;
    for (; j + PANEL <= n; j += PANEL)
        rounded_vecs(m, across(f, j), c + j, ldc);
    for (; j + TD_WIDTH <= n; j += TD_WIDTH)
        rounded_1(m, across(f, j), c + j, ldc);
    if (j < n)
        rounded_part(m, across(f, j), c + j, ldc);
}

#if defined TD_ISA_AVX512BF16
/* words (words_of(n)): of neighbors in x (n) */
static void pack_along(size_t n, const float *x, float *words)
{
    for (size_t i = 0; i < n; i += 2 * TD_WIDTH) {
        const size_t next = i + TD_WIDTH < n ? i + TD_WIDTH : n;
        store_up_to(
            words + i / 2, words_of(n - i),
            td_words_along(td_rounded(load_up_to(x + i, n - i), load_up_to(x + next, n - next))));
    }
}

/* words (n): of elements of x and y (n), or of x and 0 if y is NULL */
static void pack_across(size_t n, const float *x, const float *y, float *words)
{
    const __m512i none = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 2 * TD_WIDTH) {
        const size_t next = i + TD_WIDTH < n ? i + TD_WIDTH : n;
        const __m512i upper = td_rounded(load_up_to(x + i, n - i), load_up_to(x + next, n - next));
        const __m512i lower =
            y ? td_rounded(load_up_to(y + i, n - i), load_up_to(y + next, n - next)) : none;
        store_up_to(words + i, n - i, td_words_across(upper, lower, false));
        if (next < n)
            store_up_to(words + next, n - next, td_words_across(upper, lower, true));
    }
}
#else
static void pack_along(size_t n, const float *x, float *words)
{
    size_t i = 0;
    for (; i + TD_WIDTH <= n; i += TD_WIDTH)
        td_store(words + i, td_rounded(td_load(x + i)));
    if (i < n)
        td_store_part(words + i, n - i, td_rounded(td_load_part(x + i, n - i)));
}

static void pack_across(size_t n, const float *x, const float *y, float *words)
{
    (void)y;
    pack_along(n, x, words);
}
#endif

/* words (words_of(k), n), rows stride apart, of x (k, n) */
static void pack_rows_across(size_t k, size_t n, const float *x, size_t ldx, float *words,
                             size_t stride)
{
    for (size_t l = 0; l < k; l += TD_PAIR, words += stride)
        pack_across(n, x + l * ldx, l + 1 < k ? x + (l + 1) * ldx : NULL, words);
}

static td_view rounded_left(size_t m, size_t k, td_view a, float *room)
{
    if (a.transposed) {
        pack_rows_across(k, m, a.at, a.stride, room, m);
        return (td_view){room, m, true};
    }
    for (size_t i = 0; i < m; i++)
        pack_along(k, a.at + i * a.stride, room + i * words_of(k));
    return (td_view){room, words_of(k), false};
}

/* The word of x and y, of which there are so many. */
static inline float word_of(float x, float y)
{
    const uint32_t word = TD_PAIR == 1 ? rounded_bits(x) : rounded_bits(x) | rounded_bits(y) >> 16;
    float at;
    memcpy(&at, &word, sizeof at);
    return at;
}

/* Of a transposed one element by element: that is done once a step. */
static td_view rounded_right(size_t k, size_t n, td_view b, float *room, size_t stride)
{
    if (!b.transposed)
        pack_rows_across(k, n, b.at, b.stride, room, stride);
    for (size_t j = 0; b.transposed && j < n; j++)
        for (size_t l = 0; l < k; l += TD_PAIR) {
            const float *x = b.at + j * b.stride + l;
            room[l / TD_PAIR * stride + j] = word_of(x[0], l + 1 < k && TD_PAIR > 1 ? x[1] : 0);
        }
    return (td_view){room, stride, false};
}

/* NOLINTNEXTLINE(readability-non-const-parameter): what is returned is where rows are written. */
static td_packed_rows rounded_rows(size_t stride, float *left, float *transposed)
{
    if (TD_PAIR == 1)
        return (td_packed_rows){{transposed, stride, false}, {transposed, stride, true}};
    return (td_packed_rows){{left, words_of(stride), false}, {transposed, stride, true}};
}

#if defined TD_ISA_AVX512BF16
/* Two rows, TD_LANES or twice so many columns a turn. */
static inline void pack_rows(size_t n, size_t count, td_packed_row *rows, bool exponential,
                             const td_packed_rows *out, size_t place)
{
    float *along = (float *)out->left.at + place * out->left.stride;
    float *words = (float *)out->transposed.at + place / 2 * out->transposed.stride;
    td_vec sums[2] = {td_all(0), td_all(0)};
    for (size_t i = 0; i < n; i += 2 * TD_WIDTH) {
        const bool both = i + TD_WIDTH < n;
        __m512i rounded[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (size_t r = 0; r < count; r++) {
            const td_vec first = weighted(&rows[r], i, exponential);
            const td_vec second = both ? weighted(&rows[r], i + TD_WIDTH, exponential) : td_all(0);
            rounded[r] = td_rounded(first, second);
            store_up_to(along + r * out->left.stride + i / 2, both ? TD_WIDTH : TD_WIDTH / 2,
                        td_words_along(rounded[r]));
        }
        for (size_t half = 0; half < 1 + (size_t)both; half++) {
            const td_vec two = td_words_across(rounded[0], rounded[1], half);
            td_store(words + i + half * TD_WIDTH, two);
            sums[0] = td_add(sums[0], td_upper_halves(two));
            sums[1] = td_add(sums[1], td_lower_halves(two));
        }
    }
    for (size_t r = 0; r < count; r++)
        rows[r].sum = sum_of_lanes(&(lanes){{sums[r]}});
}
#else
static inline void pack_rows(size_t n, size_t count, td_packed_row *rows, bool exponential,
                             const td_packed_rows *out, size_t place)
{
    for (size_t r = 0; r < count; r++) {
        const td_packed_row row = rows[r]; /* which words cannot change */
        float *words = (float *)out->left.at + (place + r) * out->left.stride;
        lanes sums = lanes_of(0);
        for (size_t i = 0; i < n; i += TD_LANES)
            EACH (q, VECS_PER_LANES) {
                const size_t at = i + q * TD_WIDTH;
                const td_vec x = td_rounded_part(weighted(&row, at, exponential));
                td_store(words + at, x);
                sums.v[q] = td_add(sums.v[q], x);
            }
        rows[r].sum = sum_of_lanes(&sums);
    }
}
#endif

#endif
