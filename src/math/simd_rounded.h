/* Rounding to bfloat16 and products of what is rounded, of the instruction set that simd.h was
 * included for: TD_PAIR elements of a product's depth stand in one word of 4 bytes, and
 * td_fma_words adds their products to a sum, the first one first. A word is a float that is
 * rounded, or with TD_PAIR 2 two bfloat16, the first in the upper half.
 *
 * Rounding is to nearest, ties to even; what then is less than 2^-50 in size is +0, so that no sum
 * of products from +0 is ever denormal (they are multiples of 2^-114), and NaN stays NaN.
 */
#ifndef TD_MATH_SIMD_ROUNDED_H
#define TD_MATH_SIMD_ROUNDED_H

#include "math/lanes.h"

/* By the bits of a float: half of the last place that stays, less 1; the places that stay; 2^-50.
 */
enum { TD_HALF_PLACE = 0x7fff, TD_LEAST_ROUNDED = 0x26800000 };
#define TD_ROUNDED_PLACES 0xffff0000U

/* Likewise: the middle between 2^-50 and what is below it, whose tie is even above; and to 2^16
 * times a power of two. */
enum { TD_LEAST_KEPT = TD_LEAST_ROUNDED - 0x8000, TD_TO_LARGE = 16 << 23 };

/* Of one float. */
static inline uint32_t rounded_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffU) > 0x7f800000U)
        return 0x7fc00000U;
    const uint32_t rounded = (bits + TD_HALF_PLACE + (bits >> 16 & 1)) & TD_ROUNDED_PLACES;
    return (rounded & 0x7fffffffU) < TD_LEAST_ROUNDED ? 0 : rounded;
}

#if defined TD_ISA_AVX512BF16
enum { TD_PAIR = 2 };

/* sum + the products of two pairs, one fused operation after the other: the upper halves' first.
 * (Intel's text says so of vdpbf16ps, and that it rounds each to nearest whatever MXCSR says.) */
static inline td_vec td_fma_words(td_vec a, td_vec b, td_vec sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a),
                            (__m512bh)_mm512_castps_si512(b));
}
/* 32 elements as bfloat16, in their order: of first, then of second. */
static inline __m512i td_rounded(td_vec first, td_vec second)
{
    const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    const __m512i twice = _mm512_add_epi16(rounded, rounded); /* has no sign */
    const __mmask32 stay =
        _mm512_cmpge_epu16_mask(twice, _mm512_set1_epi16(TD_LEAST_ROUNDED >> 15));
    return _mm512_maskz_mov_epi16(stay, rounded);
}
/* Words of neighbors. */
static inline td_vec td_words_along(__m512i rounded)
{
    return _mm512_castsi512_ps(_mm512_rol_epi32(rounded, 16));
}
/* Words of one element each of two rows: of the 16 elements of their first or second half. */
static inline td_vec td_words_across(__m512i upper, __m512i lower, bool second)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i of_upper = second ? _mm512_add_epi32(lane, _mm512_set1_epi32(16)) : lane;
    const __m512i of_lower = _mm512_add_epi32(of_upper, _mm512_set1_epi32(32));
    const __m512i places = _mm512_or_si512(_mm512_slli_epi32(of_upper, 16), of_lower);
    return _mm512_castsi512_ps(_mm512_permutex2var_epi16(upper, places, lower));
}
/* What is in the halves of words, as floats. */
static inline td_vec td_upper_halves(td_vec words)
{
    return _mm512_castsi512_ps(
        _mm512_and_si512(_mm512_castps_si512(words), _mm512_set1_epi32((int)TD_ROUNDED_PLACES)));
}
static inline td_vec td_lower_halves(td_vec words)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(words), 16));
}

#else
enum { TD_PAIR = 1 };

static inline td_vec td_fma_words(td_vec a, td_vec b, td_vec sum)
{
    return td_fma(a, b, sum);
}

/* td_rounded, and td_rounded_part of what is no less than 0 and below 2^100, or NaN: to what is 2^e
 * or more, and below 2^(e + 1), 2^(e + 16) is added, whose last place is 2^(e - 7), and taken away.
 */
#if defined TD_ISA_AVX512
static inline td_vec td_rounded(td_vec a)
{
    const __m512i bits = _mm512_castps_si512(a);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __m512i twice =
        _mm512_add_epi32(up, up); /* has no sign; the places that go do not matter */
    const __mmask16 stay = _mm512_cmpge_epu32_mask(twice, _mm512_set1_epi32(2 * TD_LEAST_ROUNDED));
    const __m512i rounded =
        _mm512_maskz_and_epi32(stay, up, _mm512_set1_epi32((int)TD_ROUNDED_PLACES));
    return _mm512_mask_mov_ps(_mm512_castsi512_ps(rounded), _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q),
                              a);
}
static inline td_vec td_rounded_part(td_vec a)
{
    const __m512i power = _mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7f800000));
    const td_vec large =
        _mm512_castsi512_ps(_mm512_add_epi32(power, _mm512_set1_epi32(TD_TO_LARGE)));
    const td_vec least = _mm512_castsi512_ps(_mm512_set1_epi32(TD_LEAST_KEPT));
    const __mmask16 stay = _mm512_cmp_ps_mask(a, least, _CMP_NLT_UQ);
    return _mm512_maskz_sub_ps(stay, _mm512_add_ps(a, large), large);
}
#elif defined TD_ISA_AVX2
static inline td_vec td_rounded(td_vec a)
{
    const __m256i bits = _mm256_castps_si256(a);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i rounded = _mm256_and_si256(up, _mm256_set1_epi32((int)TD_ROUNDED_PLACES));
    const td_vec size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
    const td_vec least = _mm256_castsi256_ps(_mm256_set1_epi32(TD_LEAST_KEPT));
    const td_vec stay = _mm256_cmp_ps(size, least, _CMP_NLT_UQ);
    return _mm256_or_ps(_mm256_and_ps(_mm256_castsi256_ps(rounded), stay),
                        _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
static inline td_vec td_rounded_part(td_vec a)
{
    const __m256i power = _mm256_and_si256(_mm256_castps_si256(a), _mm256_set1_epi32(0x7f800000));
    const td_vec large =
        _mm256_castsi256_ps(_mm256_add_epi32(power, _mm256_set1_epi32(TD_TO_LARGE)));
    const td_vec least = _mm256_castsi256_ps(_mm256_set1_epi32(TD_LEAST_KEPT));
    return _mm256_and_ps(_mm256_sub_ps(_mm256_add_ps(a, large), large),
                         _mm256_cmp_ps(a, least, _CMP_NLT_UQ));
}
#elif defined TD_ISA_NEON
static inline td_vec td_rounded(td_vec a)
{
    const uint32x4_t bits = vreinterpretq_u32_f32(a);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t up = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(TD_HALF_PLACE)));
    const uint32x4_t rounded = vandq_u32(up, vdupq_n_u32(TD_ROUNDED_PLACES));
    const uint32x4_t size = vandq_u32(rounded, vdupq_n_u32(0x7fffffffU));
    const uint32x4_t kept = vandq_u32(rounded, vcgeq_u32(size, vdupq_n_u32(TD_LEAST_ROUNDED)));
    return vbslq_f32(vceqq_f32(a, a), vreinterpretq_f32_u32(kept), a);
}
#else
static inline td_vec td_rounded(td_vec a)
{
    const uint32_t bits = rounded_bits(a);
    memcpy(&a, &bits, sizeof a);
    return a;
}
#endif
#if !defined TD_ISA_AVX512 && !defined TD_ISA_AVX2
static inline td_vec td_rounded_part(td_vec a)
{
    return td_rounded(a);
}
#endif
#endif

#endif
