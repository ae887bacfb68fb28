/* ln(x) in double: x = m 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(s), s = (m-1)/(m+1),
 * by its series up to s^19. Only +, -, * and / of doubles: the same bits everywhere. */
#include "math/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

float td_ln(float x)
{
    if (!(x > 0) || isinf(x))
        return x == 0 ? -INFINITY : (x < 0 ? NAN : x);
    double value = x; /* a normal double, whatever the float is */
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t exponent = (bits - INT64_C(0x3fe6a09e667f3bcd)) >> 52; /* sqrt(1/2) */
    bits -= (int64_t)((uint64_t)exponent << 52);
    memcpy(&value, &bits, sizeof value);
    double s = (value - 1) / (value + 1), square = s * s, series = 1.0 / 19;
    for (int odd = 17; odd >= 1; odd -= 2)
        series = 1.0 / odd + square * series;
    return (float)((double)exponent * 0x1.62e42fefa39efp-1 + 2 * s * series);
}
