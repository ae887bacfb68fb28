/* Words of AMX's tiles, and operands packed in them: a part of rounded_tiles.h. tiles.h says what a
 * word is. */
#ifndef TD_MATH_ROUNDED_WORDS_H
#define TD_MATH_ROUNDED_WORDS_H

#include "math/rounded_parts.h"
#include "math/tiles.h"

/* Elements of k in a tile's words; rows and columns of a block. */
enum { BLOCK = 2 * TD_TILE_SIDE };

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
