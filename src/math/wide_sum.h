/* Sums of doubles of any size that do not depend on the order of their terms: for what is looked at
 * (norms), never for an answer.
 *
 * A term goes to the bin of its size, rounded to a whole number of the bin's units, 24 bits of it
 * at least; bins are integers, so that threads and ranks may add them in any order. All functions
 * are Local.
 */
#ifndef TD_MATH_WIDE_SUM_H
#define TD_MATH_WIDE_SUM_H

#include <stddef.h>
#include <stdint.h>

enum { TD_WIDE_BINS = 64 };

/* Begins as {0}. Has room for 2^30 terms. */
typedef struct {
    int64_t bin[TD_WIDE_BINS];
} td_wide;

/* Adds a finite term; one below 2^-256 adds nothing, one from 2^256 on is taken for the largest
 * below. */
void td_wide_add(td_wide *sum, double term);

/* sums[i] += parts[i] */
void td_wide_merge(size_t n, const td_wide *parts, td_wide *sums);

double td_wide_value(const td_wide *sum);

#endif
