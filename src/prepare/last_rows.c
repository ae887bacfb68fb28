/* Digit by digit from the first: the counts of all ranks tell which digit the first of the last
 * rows has. Rows with a larger one are among the last, and only rows with this one are looked at
 * again. */
#include "prepare/last_rows.h"

#include "base/memory.h"

#include <string.h>

enum { WORD_BITS = 64, DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };
enum { IS_OUT, IS_CLOSE, IS_LAST }; /* of a row so far */

static uint16_t digit_of(const td_row_sort *sort, int word, int shift, int64_t place)
{
    return (uint16_t)(sort->word(sort->context, word, place) >> shift);
}

/* Collective. Returns the digit of the first of the last rows, and sets those of the close ones, of
 * which left stand before it, and then left of those with its digit. */
static uint16_t find_digit(td_comm *comm, const td_row_sort *sort, int word, int shift,
                           int64_t count, const uint8_t *state, uint16_t *digits, int64_t *left)
{
    int64_t *counts = TD_NEW(int64_t, DIGITS);
    uint16_t digit = 0;
    for (int64_t i = 0; i < count; i++)
        if (state[i] == IS_CLOSE)
            counts[digits[i] = digit_of(sort, word, shift, i)]++;
    td_comm_sum(comm, DIGITS, counts);
    while (*left >= counts[digit])
        *left -= counts[digit++];
    td_free(counts);
    return digit;
}

void td_last_rows(td_comm *comm, const td_row_sort *sort, int64_t last, int64_t count, bool *is_in)
{
    int64_t left = 0; /* close rows before the first of the last ones */
    uint8_t *state = TD_NEW(uint8_t, (size_t)count);
    uint16_t *digits = TD_NEW(uint16_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        left += state[i] = is_in[i] ? IS_CLOSE : IS_OUT;
    td_comm_sum(comm, 1, &left);
    left -= last;
    if (last == 0)
        memset(state, IS_OUT, (size_t)count);
    for (int word = 0; word < sort->words; word++)
        for (int shift = WORD_BITS - DIGIT_BITS; last > 0 && left > 0 && shift >= 0;
             shift -= DIGIT_BITS) {
            const uint16_t cut = find_digit(comm, sort, word, shift, count, state, digits, &left);
            for (int64_t i = 0; i < count; i++)
                if (state[i] == IS_CLOSE)
                    state[i] = digits[i] > cut ? IS_LAST : digits[i] == cut ? IS_CLOSE : IS_OUT;
        }
    for (int64_t i = 0; i < count; i++)
        is_in[i] = state[i] != IS_OUT;
    td_free(state);
    td_free(digits);
}
