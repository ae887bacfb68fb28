/* The smaller and the larger of two numbers. All functions are Local. */
#ifndef TD_BASE_BOUNDS_H
#define TD_BASE_BOUNDS_H

#include <stdint.h>

static inline int64_t td_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t td_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
