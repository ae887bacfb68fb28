/* Only +, -, *, / and the square root of doubles: the same bits everywhere. */
#include "math/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(s), s = (m-1)/(m+1), by its series up to
 * s^19. */
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

/* x = n ln 2 + r with |r| at most ln(2) / 2; exp(r) by its series up to r^10, times 2^n. */
float td_exp(float x)
{
    if (!(x > -64) || !(x < 89)) /* NaN too */
        return x >= 89 ? INFINITY : (x <= -64 ? 0 : x);
    const double ln_2 = 0x1.62e42fefa39efp-1, halves = x / ln_2;
    const int64_t n = (int64_t)(halves + (halves < 0 ? -0.5 : 0.5));
    const double r = x - (double)n * ln_2;
    double series = 1, power_of_2;
    for (int k = 10; k >= 1; k--)
        series = 1 + r / k * series;
    const int64_t bits = (int64_t)((uint64_t)(n + 1023) << 52);
    memcpy(&power_of_2, &bits, sizeof power_of_2);
    return (float)(series * power_of_2);
}

/* cos(pi x) = sin(z), z = pi (1/2 - x) in [-pi/2, pi/2], by the sine's series up to z^23. */
double td_cos_half_turn(double x)
{
    const double z = (0.5 - x) * 0x1.921fb54442d18p+1, square = z * z;
    double series = 1;
    for (int k = 22; k >= 2; k -= 2)
        series = 1 - square / (k * (k + 1)) * series;
    return z * series;
}

/* base^x = the product of base^(1/2), base^(1/4), ... where x has a bit. */
double td_power_of_share(double base, double x)
{
    double result = 1;
    for (double root = base; x > 0;) {
        root = sqrt(root);
        x *= 2;
        if (x >= 1) {
            result *= root;
            x -= 1;
        }
    }
    return result;
}
