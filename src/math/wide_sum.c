/* Bins of 8 binary orders each: bin b has terms from 2^(8 b - 256) on, in units of 2^(8 b - 280).
 */
#include "math/wide_sum.h"

#include <math.h>

enum { ORDERS = 8, LOWEST = -256, BITS = 24 };

void td_wide_add(td_wide *sum, double term)
{
    const double most = ldexp(1, LOWEST + ORDERS * TD_WIDE_BINS);
    const double size = fmin(fabs(term), nextafter(most, 0));
    if (!(size >= ldexp(1, LOWEST)))
        return;
    const int b = (ilogb(size) - LOWEST) / ORDERS;
    const int64_t units = llrint(ldexp(size, BITS - LOWEST - ORDERS * b));
    sum->bin[b] += term < 0 ? -units : units;
}

void td_wide_merge(size_t n, const td_wide *parts, td_wide *sums)
{
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < TD_WIDE_BINS; b++)
            sums[i].bin[b] += parts[i].bin[b];
}

double td_wide_value(const td_wide *sum)
{
    double value = 0;
    for (int b = 0; b < TD_WIDE_BINS; b++)
        value += ldexp((double)sum->bin[b], LOWEST + ORDERS * b - BITS);
    return value;
}
