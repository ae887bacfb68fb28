/* The operations that kernels are written in: one small block per vector width.
 *
 * Included only by kernels.c, which is compiled once per instruction set. Every operation is one
 * IEEE operation per lane with one result, so a kernel gives the same bits at every width.
 * Nothing fuses unless td_fma says so. td_max and td_zero_below are defined by comparison, with
 * the operands' order fixed, for that is where instruction sets differ on NaN and -0.
 */
#ifndef TD_MATH_SIMD_H
#define TD_MATH_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined TD_ISA_AVX512
#include <immintrin.h>
typedef __m512 td_vec;
enum { TD_WIDTH = 16, TD_BLOCK_ROWS = 12, TD_BLOCK_VECS = 2 };

static inline td_vec td_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void td_store(float *p, td_vec a)
{
    _mm512_storeu_ps(p, a);
}
/* Of the first n lanes, n below TD_WIDTH; the others are 0. */
static inline td_vec td_load_part(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), p);
}
static inline void td_store_part(float *p, size_t n, td_vec a)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1U << n) - 1), a);
}
static inline td_vec td_all(float x)
{
    return _mm512_set1_ps(x);
}
static inline td_vec td_fma(td_vec a, td_vec b, td_vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline td_vec td_add(td_vec a, td_vec b)
{
    return _mm512_add_ps(a, b);
}
static inline td_vec td_sub(td_vec a, td_vec b)
{
    return _mm512_sub_ps(a, b);
}
static inline td_vec td_mul(td_vec a, td_vec b)
{
    return _mm512_mul_ps(a, b);
}
static inline td_vec td_div(td_vec a, td_vec b)
{
    return _mm512_div_ps(a, b);
}
static inline td_vec td_max(td_vec a, td_vec b)
{
    return _mm512_max_ps(a, b); /* as everywhere: b where neither is greater, so where one is NaN */
}
static inline td_vec td_scale2(td_vec a, td_vec n)
{
    __m512i shift = _mm512_slli_epi32(_mm512_castps_si512(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), shift));
}
static inline td_vec td_zero_below(td_vec x, td_vec limit, td_vec y)
{
    return _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(x, limit, _CMP_LT_OQ), _mm512_setzero_ps());
}
static inline td_vec td_where_above(td_vec x, td_vec limit, td_vec y)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_GT_OQ), y);
}
static inline td_vec td_where_equal(td_vec x, td_vec limit, td_vec y)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_EQ_OQ), y);
}
/* Whether any lane is not less than the limit, as NaN is. */
static inline bool td_any_from(td_vec x, td_vec limit)
{
    return _mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ) != 0;
}
/* The sum of a vector: its upper half is added to the lower one, until one lane is left. */
static inline float td_sum_of_halves(td_vec a)
{
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}

#elif defined TD_ISA_AVX2
#include <immintrin.h>
typedef __m256 td_vec;
enum { TD_WIDTH = 8, TD_BLOCK_ROWS = 6, TD_BLOCK_VECS = 2 };

static inline td_vec td_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void td_store(float *p, td_vec a)
{
    _mm256_storeu_ps(p, a);
}
static inline __m256i td_first_lanes(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline td_vec td_load_part(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, td_first_lanes(n));
}
static inline void td_store_part(float *p, size_t n, td_vec a)
{
    _mm256_maskstore_ps(p, td_first_lanes(n), a);
}
static inline td_vec td_all(float x)
{
    return _mm256_set1_ps(x);
}
static inline td_vec td_fma(td_vec a, td_vec b, td_vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline td_vec td_add(td_vec a, td_vec b)
{
    return _mm256_add_ps(a, b);
}
static inline td_vec td_sub(td_vec a, td_vec b)
{
    return _mm256_sub_ps(a, b);
}
static inline td_vec td_mul(td_vec a, td_vec b)
{
    return _mm256_mul_ps(a, b);
}
static inline td_vec td_div(td_vec a, td_vec b)
{
    return _mm256_div_ps(a, b);
}
static inline td_vec td_max(td_vec a, td_vec b)
{
    return _mm256_max_ps(a, b);
}
static inline td_vec td_scale2(td_vec a, td_vec n)
{
    __m256i shift = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), shift));
}
static inline td_vec td_zero_below(td_vec x, td_vec limit, td_vec y)
{
    return _mm256_andnot_ps(_mm256_cmp_ps(x, limit, _CMP_LT_OQ), y);
}
static inline td_vec td_where_above(td_vec x, td_vec limit, td_vec y)
{
    return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_GT_OQ), y);
}
static inline td_vec td_where_equal(td_vec x, td_vec limit, td_vec y)
{
    return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_EQ_OQ), y);
}
static inline bool td_any_from(td_vec x, td_vec limit)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ)) != 0;
}
static inline float td_sum_of_halves(td_vec a)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

#elif defined TD_ISA_NEON
#include <arm_neon.h>
typedef float32x4_t td_vec;
enum { TD_WIDTH = 4, TD_BLOCK_ROWS = 8, TD_BLOCK_VECS = 2 };

static inline td_vec td_load(const float *p)
{
    return vld1q_f32(p);
}
static inline void td_store(float *p, td_vec a)
{
    vst1q_f32(p, a);
}
static inline td_vec td_load_part(const float *p, size_t n)
{
    float part[4] = {0};
    memcpy(part, p, n * sizeof *p);
    return vld1q_f32(part);
}
static inline void td_store_part(float *p, size_t n, td_vec a)
{
    float part[4];
    vst1q_f32(part, a);
    memcpy(p, part, n * sizeof *p);
}
static inline td_vec td_all(float x)
{
    return vdupq_n_f32(x);
}
static inline td_vec td_fma(td_vec a, td_vec b, td_vec c)
{
    return vfmaq_f32(c, a, b);
}
static inline td_vec td_add(td_vec a, td_vec b)
{
    return vaddq_f32(a, b);
}
static inline td_vec td_sub(td_vec a, td_vec b)
{
    return vsubq_f32(a, b);
}
static inline td_vec td_mul(td_vec a, td_vec b)
{
    return vmulq_f32(a, b);
}
static inline td_vec td_div(td_vec a, td_vec b)
{
    return vdivq_f32(a, b);
}
static inline td_vec td_max(td_vec a, td_vec b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
static inline td_vec td_scale2(td_vec a, td_vec n)
{
    int32x4_t shift = vshlq_n_s32(vreinterpretq_s32_f32(n), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), shift));
}
static inline td_vec td_zero_below(td_vec x, td_vec limit, td_vec y)
{
    return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(y), vcltq_f32(x, limit)));
}
static inline td_vec td_where_above(td_vec x, td_vec limit, td_vec y)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(y), vcgtq_f32(x, limit)));
}
static inline td_vec td_where_equal(td_vec x, td_vec limit, td_vec y)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(y), vceqq_f32(x, limit)));
}
static inline bool td_any_from(td_vec x, td_vec limit)
{
    return vminvq_u32(vcltq_f32(x, limit)) == 0;
}
static inline float td_sum_of_halves(td_vec a)
{
    float32x2_t half = vadd_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(half, 0) + vget_lane_f32(half, 1);
}

#else
typedef float td_vec;
enum { TD_WIDTH = 1, TD_BLOCK_ROWS = 4, TD_BLOCK_VECS = 2 };

static inline td_vec td_load(const float *p)
{
    return *p;
}
static inline void td_store(float *p, td_vec a)
{
    *p = a;
}
static inline td_vec td_all(float x)
{
    return x;
}
static inline td_vec td_load_part(const float *p, size_t n)
{
    float part = 0; /* and n is 0: a float has no part */
    memcpy(&part, p, n * sizeof *p);
    return part;
}
static inline void td_store_part(float *p, size_t n, td_vec a)
{
    memcpy(p, &a, n * sizeof *p);
}
/* A float's fused multiply-add in double: the product is exact, and the sum is rounded to odd, so
 * that rounding to float is the only rounding that counts (Boldo and Melquiond, "Emulation of FMA
 * and correctly rounded sums", 2008). The error term is NaN where the sum is not finite. */
static inline td_vec td_fma(td_vec a, td_vec b, td_vec c)
{
    double product = (double)a * (double)b, sum = product + (double)c;
    double part = sum - product;
    double error = (product - (sum - part)) + ((double)c - part);
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((error < 0 || error > 0) && (bits & 1) == 0) {
        bits += (error > 0) == (sum > 0) ? 1 : -1;
        memcpy(&sum, &bits, sizeof sum);
    }
    return (float)sum;
}
static inline td_vec td_add(td_vec a, td_vec b)
{
    return a + b;
}
static inline td_vec td_sub(td_vec a, td_vec b)
{
    return a - b;
}
static inline td_vec td_mul(td_vec a, td_vec b)
{
    return a * b;
}
static inline td_vec td_div(td_vec a, td_vec b)
{
    return a / b;
}
static inline td_vec td_max(td_vec a, td_vec b)
{
    return a > b ? a : b;
}
static inline td_vec td_scale2(td_vec a, td_vec n)
{
    uint32_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &n, sizeof y);
    x += y << 23;
    memcpy(&a, &x, sizeof a);
    return a;
}
static inline td_vec td_zero_below(td_vec x, td_vec limit, td_vec y)
{
    return x < limit ? 0 : y;
}
static inline td_vec td_where_above(td_vec x, td_vec limit, td_vec y)
{
    return x > limit ? y : 0;
}
static inline td_vec td_where_equal(td_vec x, td_vec limit, td_vec y)
{
    return x == limit ? y : 0;
}
static inline bool td_any_from(td_vec x, td_vec limit)
{
    return !(x < limit);
}
static inline float td_sum_of_halves(td_vec a)
{
    return a;
}
#endif

#endif
