/* The first test row's key is found by radix selection, 16 bits of the key at a time: no list of
 * keys is kept, since computing one again is cheaper. */
#include "data/split.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };

int64_t td_split_test_rows(int64_t rows, double fraction)
{
    return llround((double)rows * fraction);
}

static uint64_t key_of(uint64_t seed, int64_t row)
{
    return td_philox_key(seed, TD_STREAM_SPLIT, (uint64_t)row, 0);
}

/* Counts the digits at shift of the keys that share prefix above it. */
static void count_digits(uint64_t seed, int64_t rows, int shift, uint64_t prefix, int64_t *counts)
{
    uint64_t above = shift + DIGIT_BITS < 64 ? ~UINT64_C(0) << (shift + DIGIT_BITS) : 0;
    memset(counts, 0, DIGITS * sizeof *counts);
    for (int64_t row = 0; row < rows; row++) {
        uint64_t key = key_of(seed, row);
        counts[key >> shift & (DIGITS - 1)] += (key & above) == prefix;
    }
}

/* Returns the key at place *left of the sorted keys, and sets *left to its place among equals. */
static uint64_t select_key(uint64_t seed, int64_t rows, int64_t *left)
{
    int64_t *counts = TD_NEW(int64_t, DIGITS);
    uint64_t prefix = 0;
    for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        count_digits(seed, rows, shift, prefix, counts);
        uint64_t digit = 0;
        while (*left >= counts[digit])
            *left -= counts[digit++];
        prefix |= digit << shift;
    }
    td_free(counts);
    return prefix;
}

void td_split_choose(uint64_t seed, int64_t rows, int64_t test_rows, bool *is_test)
{
    int64_t train_equals = rows - test_rows;
    if (test_rows == 0) {
        memset(is_test, 0, (size_t)rows * sizeof *is_test);
        return;
    }
    uint64_t first = select_key(seed, rows, &train_equals);
    for (int64_t row = 0; row < rows; row++) {
        uint64_t key = key_of(seed, row);
        is_test[row] = key > first || (key == first && train_equals-- <= 0);
    }
}
