/* AMX's tiles: eight registers of 16 rows of 16 words, of a thread, between td_tiles_begin and
 * td_tiles_end. A tile is named by a digit. A word is two bfloat16: of a block of 32 elements k and
 * k + 16, the first in the lower half.
 *
 * TD_TILE_MULTIPLY adds to each sum t = first + second: chains of fused multiply-adds in float,
 * from +0, over the words' lower and upper halves. (shared/proto's amx_order.c found that in
 * 5,120,000 cases on an Intel Xeon, 2026-11-27; Intel's text says that denormals count as 0.) With
 * TD_TILES_EMULATED they are arrays, so that what is built of them is tested on any machine.
 */
#ifndef TD_MATH_TILES_H
#define TD_MATH_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TD_TILE_SIDE = 16, TD_TILE_WORDS = TD_TILE_SIDE * TD_TILE_SIDE };

/* What is in the upper half of a word, or in the lower. */
static inline float td_half_of_word(float word, bool upper)
{
    uint32_t bits;
    memcpy(&bits, &word, sizeof bits);
    bits = upper ? bits & 0xffff0000U : bits << 16;
    memcpy(&word, &bits, sizeof word);
    return word;
}

#if defined TD_TILES_EMULATED
static _Thread_local float tile_registers[8][TD_TILE_SIDE][TD_TILE_SIDE];

static inline void td_tiles_begin(void)
{
    memset(tile_registers, 0, sizeof tile_registers);
}
static inline void td_tiles_end(void)
{
    memset(tile_registers, 0xff, sizeof tile_registers);
}
static inline void emulate_load(int tile, const float *at, size_t stride)
{
    for (size_t r = 0; r < TD_TILE_SIDE; r++)
        memcpy(tile_registers[tile][r], at + r * stride, sizeof tile_registers[tile][r]);
}
static inline void emulate_store(int tile, float *at, size_t stride)
{
    for (size_t r = 0; r < TD_TILE_SIDE; r++)
        memcpy(at + r * stride, tile_registers[tile][r], sizeof tile_registers[tile][r]);
}
static inline float no_denormal(float x)
{
    return __builtin_fabsf(x) < 0x1p-126F ? 0 : x;
}
static inline void emulate_multiply(int sum, int left, int right)
{
    for (size_t i = 0; i < TD_TILE_SIDE; i++)
        for (size_t j = 0; j < TD_TILE_SIDE; j++) {
            float chain[2] = {0, 0};
            for (size_t k = 0; k < TD_TILE_SIDE; k++)
                for (unsigned half = 0; half < 2; half++)
                    chain[half] = __builtin_fmaf(td_half_of_word(tile_registers[left][i][k], half),
                                                 td_half_of_word(tile_registers[right][k][j], half),
                                                 chain[half]);
            const float t = no_denormal(chain[0] + chain[1]);
            tile_registers[sum][i][j] = no_denormal(no_denormal(tile_registers[sum][i][j]) + t);
        }
}
#define TD_TILE_ZERO(tile)                 memset(tile_registers[tile], 0, sizeof tile_registers[tile])
#define TD_TILE_LOAD(tile, from, apart)    emulate_load(tile, from, apart)
#define TD_TILE_STORE(tile, to, apart)     emulate_store(tile, to, apart)
#define TD_TILE_MULTIPLY(sum, left, right) emulate_multiply(sum, left, right)

#else
#include <immintrin.h>

/* As the instruction that loads it wants it. */
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} td_tile_shapes;

static inline void td_tiles_begin(void)
{
    static const td_tile_shapes whole = {
        .palette = 1,
        .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
        .rows = {16, 16, 16, 16, 16, 16, 16, 16},
    };
    _tile_loadconfig(&whole);
}
/* Unused tiles cost no switch of threads anything. */
static inline void td_tiles_end(void)
{
    _tile_release();
}
#define TD_TILE_ZERO(tile) _tile_zero(tile)
/* gcc does not know that the instruction reads memory. */
#define TD_TILE_LOAD(tile, from, apart)                                                            \
    do {                                                                                           \
        __asm__ volatile("" ::: "memory");                                                         \
        _tile_loadd(tile, from, (apart) * sizeof(float));                                          \
    } while (0)
#define TD_TILE_STORE(tile, to, apart)     _tile_stored(tile, to, (apart) * sizeof(float))
#define TD_TILE_MULTIPLY(sum, left, right) _tile_dpbf16ps(sum, left, right)
#endif

#endif
