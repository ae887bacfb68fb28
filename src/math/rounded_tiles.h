/* Products of what is rounded to bfloat16, and its packing, by AMX's tiles: a part of kernels.c in
 * place of rounded.h. The definition is in kernels.h; tiles.h says what a word is. */
#ifndef TD_MATH_ROUNDED_TILES_H
#define TD_MATH_ROUNDED_TILES_H

#include "base/log.h"
#include "math/rounded_parts.h"
#include "math/tiles.h"

enum {
    BLOCK = 2 * TD_TILE_SIDE, /* elements of k in a tile's words; rows and columns of a block */
    PANEL_WORDS = TD_PACKED_ROWS_MOST / 2
};

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Of elements of k: 16 for each block of 32, and as many for what is left, at most 16. */
static size_t words_of(size_t elements)
{
    return elements / BLOCK * TD_TILE_SIDE + least(elements % BLOCK, TD_TILE_SIDE);
}

/* Words of 16 elements each: x, and what stands 16 further on in k. */
static inline td_vec words_from(td_vec x, td_vec further)
{
    const __m512i places = _mm512_setr_epi32(
        0x100000, 0x110001, 0x120002, 0x130003, 0x140004, 0x150005, 0x160006, 0x170007, 0x180008,
        0x190009, 0x1a000a, 0x1b000b, 0x1c000c, 0x1d000d, 0x1e000e, 0x1f000f);
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(places, td_rounded(x, further)));
}

/* The same from two places of memory, which hold n and more, or none. */
static inline td_vec words_at(const float *x, size_t n, const float *further, size_t more)
{
    return words_from(load_up_to(x, n), more > 0 ? load_up_to(further, more) : td_all(0));
}

/* row (16, 16) = row', in four exchanges: of single words, of pairs, of fours, of eights */
static inline void turn(td_vec row[TD_TILE_SIDE])
{
    td_vec by_one[TD_TILE_SIDE], by_two[TD_TILE_SIDE];
    for (size_t r = 0; r < TD_TILE_SIDE; r += 2) {
        by_one[r] = _mm512_unpacklo_ps(row[r], row[r + 1]);
        by_one[r + 1] = _mm512_unpackhi_ps(row[r], row[r + 1]);
    }
    for (size_t r = 0; r < TD_TILE_SIDE; r += 4)
        for (size_t q = 0; q < 2; q++) {
            const __m512d x = _mm512_castps_pd(by_one[r + q]),
                          y = _mm512_castps_pd(by_one[r + q + 2]);
            by_two[r + 2 * q] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, y));
            by_two[r + 2 * q + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, y));
        }
    for (size_t q = 0; q < 4; q++) {
        const td_vec even[2] = {_mm512_shuffle_f32x4(by_two[q], by_two[q + 4], 0x88),
                                _mm512_shuffle_f32x4(by_two[q + 8], by_two[q + 12], 0x88)};
        const td_vec odd[2] = {_mm512_shuffle_f32x4(by_two[q], by_two[q + 4], 0xdd),
                               _mm512_shuffle_f32x4(by_two[q + 8], by_two[q + 12], 0xdd)};
        row[q] = _mm512_shuffle_f32x4(even[0], even[1], 0x88);
        row[q + 4] = _mm512_shuffle_f32x4(odd[0], odd[1], 0x88);
        row[q + 8] = _mm512_shuffle_f32x4(even[0], even[1], 0xdd);
        row[q + 12] = _mm512_shuffle_f32x4(odd[0], odd[1], 0xdd);
    }
}

/* Of elements from the beginning of a block of k on, those beyond the first 16. */
static inline size_t beyond(size_t elements)
{
    return elements > TD_TILE_SIDE ? elements - TD_TILE_SIDE : 0;
}

static inline float lower_half(float word)
{
    uint32_t bits;
    memcpy(&bits, &word, sizeof bits);
    bits <<= 16;
    memcpy(&word, &bits, sizeof word);
    return word;
}

static inline float upper_half(float word)
{
    uint32_t bits;
    memcpy(&bits, &word, sizeof bits);
    bits &= TD_ROUNDED_PLACES;
    memcpy(&word, &bits, sizeof word);
    return word;
}

/* A tile in memory: where it lies if it is whole, else a copy in room, filled up with zeros. */
static inline td_view tile_at(const float *at, size_t stride, size_t rows, size_t columns,
                              float *room)
{
    if (rows >= TD_TILE_SIDE && columns >= TD_TILE_SIDE)
        return (td_view){at, stride, false};
    for (size_t r = 0; r < TD_TILE_SIDE; r++)
        td_store(room + r * TD_TILE_SIDE,
                 r < rows ? load_up_to(at + r * stride, columns) : td_all(0));
    return (td_view){room, TD_TILE_SIDE, false};
}

/* A product of words: left (rows, depth) and right (depth, columns). Turned, it is c' (n, m) of
 * right operand and left operand that change places. */
typedef struct {
    size_t rows, columns, depth;
    const float *left, *right;
    size_t left_stride, right_stride;
    bool turned;
    const float *first; /* (columns): what sums start from; NULL: zeros */
    const float *start; /* (n): what is added at the end; NULL: nothing */
    float *c;
    size_t ldc;
    float *room; /* four tiles: operands that are not whole, then one of sums */
} tiled;

/* Whether a tile's sums are what c is to be. */
static bool is_final(const tiled *f, size_t i, size_t j)
{
    return !f->turned && !f->start && f->rows - i >= TD_TILE_SIDE && f->columns - j >= TD_TILE_SIDE;
}

/* c = start + the sums (16, 16) of the tile at (i, j), turned back if they are */
static void finish_tile(const tiled *f, size_t i, size_t j, const float *sums)
{
    const size_t rows = least(f->rows - i, TD_TILE_SIDE),
                 columns = least(f->columns - j, TD_TILE_SIDE);
    const size_t first = f->turned ? j : i, along = f->turned ? i : j;
    const size_t count = f->turned ? columns : rows, n = f->turned ? rows : columns;
    const td_vec start = f->start ? load_up_to(f->start + along, n) : td_all(0);
    td_vec row[TD_TILE_SIDE];
    for (size_t r = 0; r < TD_TILE_SIDE; r++)
        row[r] = td_load(sums + r * TD_TILE_SIDE);
    if (f->turned)
        turn(row);
    for (size_t r = 0; r < count; r++)
        store_up_to(f->c + (first + r) * f->ldc + along, n, td_add(start, row[r]));
}

#define LOAD_TILE(tile, from, apart, lines, words)                                                 \
    do {                                                                                           \
        const td_view whole =                                                                      \
            tile_at(from, apart, lines, words, f->room + ((tile)-4) * TD_TILE_WORDS);              \
        TD_TILE_LOAD(tile, whole.at, whole.stride);                                                \
    } while (0)

#define START_TILE(tile, j, is_used)                                                               \
    do {                                                                                           \
        if (f->first && (is_used))                                                                 \
            TD_TILE_LOAD(tile, f->first + (j), 0);                                                 \
        else                                                                                       \
            TD_TILE_ZERO(tile);                                                                    \
    } while (0)

#define STORE_TILE(tile, i, j)                                                                     \
    do {                                                                                           \
        if (is_final(f, i, j)) {                                                                   \
            TD_TILE_STORE(tile, f->c + (i)*f->ldc + (j), f->ldc);                                  \
        } else {                                                                                   \
            TD_TILE_STORE(tile, f->room, TD_TILE_SIDE);                                            \
            finish_tile(f, i, j, f->room);                                                         \
        }                                                                                          \
    } while (0)

/* Two by two tiles of c from (i, j) on, in tiles 0 to 3; 4 and 5 have rows of left, 6 and 7 columns
 * of right. */
static void multiply_block(const tiled *f, size_t i, size_t j)
{
    enum { SIDE = TD_TILE_SIDE };
    const size_t rows = f->rows - i, columns = f->columns - j;
    const bool below = rows > SIDE, beside = columns > SIDE;
    START_TILE(0, j, true);
    START_TILE(1, j + SIDE, beside);
    START_TILE(2, j, below);
    START_TILE(3, j + SIDE, below && beside);
    for (size_t k = 0; k < f->depth; k += SIDE) {
        const float *left = f->left + i * f->left_stride + k;
        const float *right = f->right + k * f->right_stride + j;
        const size_t words = f->depth - k;
        LOAD_TILE(4, left, f->left_stride, rows, words);
        LOAD_TILE(6, right, f->right_stride, words, columns);
        TD_TILE_MULTIPLY(0, 4, 6);
        if (beside) {
            LOAD_TILE(7, right + SIDE, f->right_stride, words, columns - SIDE);
            TD_TILE_MULTIPLY(1, 4, 7);
        }
        if (!below)
            continue;
        LOAD_TILE(5, left + SIDE * f->left_stride, f->left_stride, rows - SIDE, words);
        TD_TILE_MULTIPLY(2, 5, 6);
        if (beside)
            TD_TILE_MULTIPLY(3, 5, 7);
    }
    STORE_TILE(0, i, j);
    if (beside)
        STORE_TILE(1, i, j + SIDE);
    if (below)
        STORE_TILE(2, i + SIDE, j);
    if (below && beside)
        STORE_TILE(3, i + SIDE, j + SIDE);
}

static void multiply(const tiled *f)
{
    td_tiles_begin();
    for (size_t i = 0; i < f->rows; i += BLOCK)
        for (size_t j = 0; j < f->columns; j += BLOCK)
            multiply_block(f, i, j);
    td_tiles_end();
}

/* Whether x (n) is all zeros. */
static bool are_zeros(size_t n, const float *x)
{
    __mmask16 others = 0;
    for (size_t i = 0; i < n; i += TD_TILE_SIDE)
        others |= _mm512_cmp_ps_mask(load_up_to(x + i, n - i), td_all(0), _CMP_NEQ_UQ);
    return others == 0;
}

/* Whether no element of x (n) but 0 is below a limit in size. */
static bool none_below(float limit, size_t n, const float *x)
{
    __mmask16 found = 0;
    for (size_t i = 0; i < n; i += TD_TILE_SIDE) {
        const td_vec size = _mm512_abs_ps(load_up_to(x + i, n - i));
        found |= _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(size, td_all(limit), _CMP_LT_OQ), size,
                                         td_all(0), _CMP_GT_OQ);
    }
    return found == 0;
}

/* What is added to sums of one block may as well be what they start from, if no sum becomes
 * denormal by it: sums are multiples of 2^-114, and a start of 2^-100 and more is one of 2^-123. So
 * may zeros, whatever the sums are. */
static void begin_with_start(tiled *f)
{
    if (!f->start || are_zeros(f->columns, f->start)) {
        f->start = NULL;
    } else if (f->depth <= TD_TILE_SIDE && f->columns % TD_TILE_SIDE == 0 &&
               none_below(0x1p-100F, f->columns, f->start)) {
        f->first = f->start;
        f->start = NULL;
    }
}

/* panel (n, PANEL_WORDS) = b' of words b (depth, n), rows ldb apart, filled up with zeros to whole
 * tiles */
static void turn_panel(size_t n, size_t depth, const float *b, size_t ldb, float *panel)
{
    for (size_t j = 0; j < BLOCK; j += TD_TILE_SIDE)
        for (size_t k = 0; k < depth; k += TD_TILE_SIDE) {
            td_vec row[TD_TILE_SIDE];
            for (size_t r = 0; r < TD_TILE_SIDE; r++)
                row[r] =
                    k + r < depth && j < n ? load_up_to(b + (k + r) * ldb + j, n - j) : td_all(0);
            turn(row);
            for (size_t r = 0; r < TD_TILE_SIDE; r++)
                td_store(panel + (j + r) * PANEL_WORDS + k, row[r]);
        }
}

/* c' (n, m) = start + b' a', a few rows of it after the other, for what lies there of a is a'. */
static void multiply_turned(tiled f, const float *b, size_t ldb)
{
    _Alignas(64) float panel[BLOCK * PANEL_WORDS];
    const size_t n = f.rows;
    TD_ASSERT(f.depth <= PANEL_WORDS);
    f.left = panel;
    f.left_stride = PANEL_WORDS;
    for (size_t j = 0; j < n; j += BLOCK, b += BLOCK) {
        f.rows = least(n - j, BLOCK);
        turn_panel(f.rows, f.depth, b, ldb, panel);
        multiply(&f);
        f.start = f.start ? f.start + BLOCK : NULL;
        f.c += BLOCK;
    }
}

/* The element of a product of one row and one column. */
static float dot_words(size_t depth, const float *a, size_t a_stride, const float *b, size_t ldb)
{
    float sum = 0;
    for (size_t k = 0; k < depth; k += TD_TILE_SIDE) {
        float first = 0, second = 0;
        for (size_t w = k; w < depth && w < k + TD_TILE_SIDE; w++) {
            const float x = a[w * a_stride], y = b[w * ldb];
            first = __builtin_fmaf(lower_half(x), lower_half(y), first);
            second = __builtin_fmaf(upper_half(x), upper_half(y), second);
        }
        sum += first + second;
    }
    return sum;
}

/* c (m, n) = start (n) + a (m, k) b (k, n), of packed operands */
static void rounded_gemm(size_t m, size_t n, size_t k, td_view a, const float *b, size_t ldb,
                         const float *start, float *c, size_t ldc)
{
    _Alignas(64) float room[4 * TD_TILE_WORDS];
    const size_t depth = words_of(k);
    if (m == 1 && n == 1)
        c[0] = (start ? start[0] : 0) + dot_words(depth, a.at, a.transposed ? a.stride : 1, b, ldb);
    else if (a.transposed)
        multiply_turned((tiled){.rows = n,
                                .columns = m,
                                .depth = depth,
                                .right = a.at,
                                .right_stride = a.stride,
                                .turned = true,
                                .start = start,
                                .c = c,
                                .ldc = ldc,
                                .room = room},
                        b, ldb);
    else {
        tiled f = {.rows = m,
                   .columns = n,
                   .depth = depth,
                   .left = a.at,
                   .left_stride = a.stride,
                   .right = b,
                   .right_stride = ldb,
                   .start = start,
                   .c = c,
                   .ldc = ldc,
                   .room = room};
        begin_with_start(&f);
        multiply(&f);
    }
}

/* words (m, words_of(k)), rows stride apart, of x (m, k) */
static void pack_rows_along(size_t m, size_t k, td_view x, float *words, size_t stride)
{
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l += BLOCK) {
            const float *at = x.at + i * x.stride + l;
            store_up_to(words + i * stride + words_of(l), words_of(k - l),
                        words_at(at, k - l, at + TD_TILE_SIDE, beyond(k - l)));
        }
}

/* words (words_of(k), n), rows stride apart, of x (k, n) */
static void pack_rows_across(size_t k, size_t n, td_view x, float *words, size_t stride)
{
    for (size_t w = 0; w < words_of(k); w++) {
        const size_t l = w / TD_TILE_SIDE * BLOCK + w % TD_TILE_SIDE;
        const float *first = x.at + l * x.stride, *further = first + TD_TILE_SIDE * x.stride;
        for (size_t j = 0; j < n; j += TD_TILE_SIDE)
            store_up_to(words + w * stride + j, n - j,
                        words_at(first + j, n - j, further + j, l + TD_TILE_SIDE < k ? n - j : 0));
    }
}

/* The transpose of what pack_rows_along makes: words (words_of(k), m), rows stride apart. */
static void pack_turned_along(size_t m, size_t k, td_view x, float *words, size_t stride)
{
    for (size_t i = 0; i < m; i += TD_TILE_SIDE)
        for (size_t l = 0; l < k; l += BLOCK) {
            td_vec row[TD_TILE_SIDE];
            for (size_t r = 0; r < TD_TILE_SIDE; r++) {
                const float *at = x.at + (i + r) * x.stride + l;
                row[r] =
                    i + r < m ? words_at(at, k - l, at + TD_TILE_SIDE, beyond(k - l)) : td_all(0);
            }
            turn(row);
            for (size_t w = 0; w < words_of(k - l) && w < TD_TILE_SIDE; w++)
                store_up_to(words + (words_of(l) + w) * stride + i, m - i, row[w]);
        }
}

/* The transpose of what pack_rows_across makes: words (n, words_of(k)). */
static void pack_turned_across(size_t k, size_t n, td_view x, float *words)
{
    const size_t depth = words_of(k);
    for (size_t j = 0; j < n; j += TD_TILE_SIDE)
        for (size_t l = 0; l < k; l += BLOCK) {
            td_vec row[TD_TILE_SIDE];
            for (size_t r = 0; r < TD_TILE_SIDE; r++) {
                const float *at = x.at + (l + r) * x.stride + j;
                row[r] = l + r < k ? words_at(at, n - j, at + TD_TILE_SIDE * x.stride,
                                              l + r + TD_TILE_SIDE < k ? n - j : 0)
                                   : td_all(0);
            }
            turn(row);
            for (size_t r = 0; r < TD_TILE_SIDE && j + r < n; r++)
                store_up_to(words + (j + r) * depth + words_of(l), words_of(k - l), row[r]);
        }
}

static td_view rounded_left(size_t m, size_t k, td_view a, float *room)
{
    if (a.transposed)
        pack_turned_across(k, m, a, room);
    else
        pack_rows_along(m, k, a, room, words_of(k));
    return (td_view){room, words_of(k), false};
}

static td_view rounded_right(size_t k, size_t n, td_view b, float *room, size_t stride)
{
    (b.transposed ? pack_turned_along(n, k, b, room, stride)
                  : pack_rows_across(k, n, b, room, stride));
    return (td_view){room, stride, false};
}

/* NOLINTNEXTLINE(readability-non-const-parameter): what is returned is where rows are written. */
static td_packed_rows rounded_rows(size_t stride, float *left, float *transposed)
{
    return (td_packed_rows){{left, words_of(stride), false}, {transposed, stride, true}};
}

/* Puts 16 elements into the lower halves of words, or into the upper ones of what has them. */
static inline void put_halves(float *words, td_vec x, bool upper)
{
    const __m512i bits = _mm512_castps_si512(x);
    _mm512_storeu_si512(words, upper ? _mm512_or_si512(_mm512_loadu_si512(words), bits)
                                     : _mm512_srli_epi32(bits, 16));
}

/* A row of the lower halves comes before that of the upper ones. */
static inline void pack_rows(size_t n, size_t count, td_packed_row *rows, bool exponential,
                             const td_packed_rows *out, size_t place)
{
    for (size_t r = 0; r < count; r++, place++) {
        float *along = (float *)out->left.at + place * out->left.stride;
        float *words =
            (float *)out->transposed.at +
            (place / BLOCK * TD_TILE_SIDE + place % TD_TILE_SIDE) * out->transposed.stride;
        const bool upper = place / TD_TILE_SIDE % 2;
        td_vec sums = td_all(0);
        for (size_t i = 0; i < n; i += BLOCK) {
            const bool both = i + TD_TILE_SIDE < n;
            const td_vec first = weighted(&rows[r], i, exponential);
            const td_vec second =
                both ? weighted(&rows[r], i + TD_TILE_SIDE, exponential) : td_all(0);
            const td_vec two = words_from(first, second);
            td_store(along + i / 2, two);
            put_halves(words + i, td_lower_halves(two), upper);
            sums = td_add(sums, td_lower_halves(two));
            if (both)
                put_halves(words + i + TD_TILE_SIDE, td_upper_halves(two), upper);
            sums = td_add(sums, td_upper_halves(two));
        }
        rows[r].sum = sum_of_lanes(&(lanes){{sums}});
    }
}

#endif
