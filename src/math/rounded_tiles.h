/* Products of what is rounded to bfloat16 by AMX's tiles: a part of kernels.c in place of
 * rounded.h. The definition is in kernels.h. */
#ifndef TD_MATH_ROUNDED_TILES_H
#define TD_MATH_ROUNDED_TILES_H

#include "base/log.h"
#include "math/rounded_words.h"

enum { PANEL_WORDS = TD_PACKED_ROWS_MOST / 2 };

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
    f.turned = true;
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
            first = __builtin_fmaf(td_half_of_word(x, false), td_half_of_word(y, false), first);
            second = __builtin_fmaf(td_half_of_word(x, true), td_half_of_word(y, true), second);
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
    tiled f = {.depth = depth, .start = start, .c = c, .ldc = ldc, .room = room};
    if (m == 1 && n == 1) {
        c[0] = (start ? start[0] : 0) + dot_words(depth, a.at, a.transposed ? a.stride : 1, b, ldb);
    } else if (a.transposed) {
        f.rows = n, f.columns = m;
        f.right = a.at, f.right_stride = a.stride;
        multiply_turned(f, b, ldb);
    } else {
        f.rows = m, f.columns = n;
        f.left = a.at, f.left_stride = a.stride;
        f.right = b, f.right_stride = ldb;
        begin_with_start(&f);
        multiply(&f);
    }
}

#endif
