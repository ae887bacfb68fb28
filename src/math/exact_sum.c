/* Sums in 64-bit fixed point, with the baseline's instructions. */
#include "math/exact_sum.h"

#include "math/exact_add.h"

#include <math.h>
#include <string.h>

td_magnitude td_exact_add(int exponent, size_t n, const float *terms, td_exact *sums)
{
    return exact_add(exponent, n, terms, sums);
}

/* sums (n) += parts (n), modulo 2^64: partial sums may wrap, the whole does not. */
void td_exact_merge(size_t n, const td_exact *parts, td_exact *sums)
{
    for (size_t i = 0; i < n; i++)
        sums[i] = (td_exact)((uint64_t)sums[i] + (uint64_t)parts[i]);
}

void td_exact_join(bool is_first, size_t n, const td_exact *parts, td_exact *sums)
{
    if (!is_first)
        td_exact_merge(n, parts, sums);
    else if (parts != sums)
        memcpy(sums, parts, n * sizeof *sums);
}

/* A term below 2^51 units is exact, and sums below 2^62 do not overflow. */
bool td_exact_in_range(int exponent, size_t terms_per_sum, td_magnitude largest)
{
    float size;
    memcpy(&size, &largest, sizeof size);
    double units = (double)size * ldexp(1, exponent);
    return units < 0x1p51 && units * (double)terms_per_sum < 0x1p62; /* false for NaN */
}

int td_exact_coarser(int exponent, size_t terms_per_sum, td_magnitude largest)
{
    for (int by = 0; by <= TD_EXACT_COARSEST; by++)
        if (td_exact_in_range(exponent - by, terms_per_sum, largest))
            return by;
    return -1;
}

/* sum / 2^by */
td_exact td_exact_coarsen(td_exact sum, int by)
{
    if (by > 62)
        return 0; /* less than half a unit */
    const td_exact unit = (td_exact)1 << by;
    td_exact whole = sum / unit, rest = sum % unit;
    if (rest < 0) {
        rest += unit;
        whole--;
    }
    const td_exact above = rest - (unit - rest); /* of the half */
    return above > 0 || (above == 0 && whole % 2 != 0) ? whole + 1 : whole;
}

/* values (n) = sums (n) 2^-exponent, rounded once. */
void td_exact_to_float(int exponent, size_t n, const td_exact *sums, float *values)
{
    const float one_unit = ldexpf(1, -exponent);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)sums[i] * one_unit;
}
