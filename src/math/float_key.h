/* Keys of floats: whole numbers in the order of the numbers. Local. */
#ifndef TD_MATH_FLOAT_KEY_H
#define TD_MATH_FLOAT_KEY_H

#include <stdint.h>
#include <string.h>

/* The key of a number, which is no NaN; 0 and -0 have one. */
static inline uint32_t td_float_key(float number)
{
    const float value = number == 0 ? 0 : number;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

/* The number that has the key. */
static inline float td_float_of_key(uint32_t key)
{
    const uint32_t bits = key >> 31 ? key & ~(UINT32_C(1) << 31) : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
