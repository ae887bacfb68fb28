/* Sums of times and of their squares, in seconds since the first that there is. With q and r the
 * quotient and remainder of sum / n, mean = q + r/n,   variance = sum of (t - q)^2 / n - (r/n)^2,
 * where the sum of (t - q)^2 = squares - 2 q sum + n q^2 is a whole number (modulo 2^128, where
 * the terms may wrap but it does not). */
#include "data/moments.h"

#include "text/decimal.h"

void td_moments_add(td_moments *moments, int64_t time)
{
    if (moments->count == 0 || time < moments->first)
        moments->first = time;
    if (moments->count == 0 || time > moments->last)
        moments->last = time;
    uint64_t seconds = (uint64_t)(time - TD_TIME_MIN);
    moments->count++;
    moments->sum += seconds;
    moments->squares += (td_wide)seconds * seconds;
}

void td_moments_join(td_moments *moments, const td_moments *other)
{
    if (other->count == 0)
        return;
    if (moments->count == 0 || other->first < moments->first)
        moments->first = other->first;
    if (moments->count == 0 || other->last > moments->last)
        moments->last = other->last;
    moments->count += other->count;
    moments->sum += other->sum;
    moments->squares += other->squares;
}

double td_moments_mean(const td_moments *moments)
{
    if (moments->count == 0)
        return 0;
    td_wide n = (td_wide)moments->count, q = moments->sum / n, r = moments->sum % n;
    return (double)((int64_t)q + TD_TIME_MIN) + (double)r / (double)n;
}

double td_moments_variance(const td_moments *moments)
{
    if (moments->count == 0)
        return 0;
    td_wide n = (td_wide)moments->count, q = moments->sum / n, r = moments->sum % n;
    td_wide around = moments->squares - 2 * q * moments->sum + n * q * q;
    td_wide whole = around / n, rest = around % n;
    /* rest/n - (r/n)^2 in one fraction: above -1, and exact up to its division */
    double part = rest * n >= r * r ? (double)(rest * n - r * r) : -(double)(r * r - rest * n);
    return (double)whole + part / (double)n / (double)n;
}
