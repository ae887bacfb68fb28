/* What kernels that round share, whatever their words are: a part of rounded.h and of
 * rounded_tiles.h. */
#ifndef TD_MATH_ROUNDED_PARTS_H
#define TD_MATH_ROUNDED_PARTS_H

#include "math/simd_rounded.h"

/* The vector from p on of what holds n, 0 beyond. */
static inline td_vec load_up_to(const float *p, size_t n)
{
    return n >= TD_WIDTH ? td_load(p) : td_load_part(p, n);
}

static inline void store_up_to(float *p, size_t n, td_vec x)
{
    n >= TD_WIDTH ? td_store(p, x) : td_store_part(p, n, x);
}

/* weights x, or weights exp(x - shift) */
static inline td_vec weighted(const td_packed_row *row, size_t i, bool exponential)
{
    const td_vec x = td_load(row->x + i);
    return td_mul(td_load(row->weights + i),
                  exponential ? exp_of(td_sub(x, td_all(row->shift))) : x);
}

#endif
