/* Rows are told apart by the first 16 bits of their keys: those of one value, few, are sorted. Keys
 * are not kept, since computing one again is cheaper. */
#include "prepare/split.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS };

int64_t td_split_test_rows(int64_t rows, double fraction)
{
    return llround((double)rows * fraction);
}

/* A row whose key begins as that of the first test row. */
typedef struct {
    uint64_t key;
    int64_t row;
} close_row;

static uint64_t key_of(uint64_t seed, int64_t row)
{
    return td_philox_key(seed, TD_STREAM_SPLIT, (uint64_t)row, 0);
}

static uint64_t digit_of(uint64_t key)
{
    return key >> (64 - DIGIT_BITS);
}

/* Returns the digit of the row at place *left of all sorted rows, and sets *left to its place among
 * those of this digit; *mine is how many of these this rank has. */
static uint64_t find_digit(td_comm *comm, uint64_t seed, int64_t first, int64_t count,
                           int64_t *left, int64_t *mine)
{
    int64_t *counts = TD_NEW(int64_t, 2 * DIGITS), *own = counts + DIGITS;
    for (int64_t row = first; row < first + count; row++)
        own[digit_of(key_of(seed, row))]++;
    memcpy(counts, own, DIGITS * sizeof *counts);
    td_comm_sum(comm, DIGITS, counts);
    uint64_t digit = 0;
    while (*left >= counts[digit])
        *left -= counts[digit++];
    *mine = own[digit];
    td_free(counts);
    return digit;
}

static int by_key(const void *left, const void *right)
{
    const close_row *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Collective. Settles the rows of the digit: all ranks' are sorted, and from place left on they are
 * test rows. */
static void settle(td_comm *comm, const close_row *mine, int64_t n, int64_t left, int64_t first,
                   int64_t count, bool *is_test)
{
    size_t total;
    close_row *all = td_comm_allgatherv(comm, mine, (size_t)n, sizeof *mine, &total);
    qsort(all, total, sizeof *all, by_key);
    for (size_t i = (size_t)left; i < total; i++)
        if (all[i].row >= first && all[i].row < first + count)
            is_test[all[i].row - first] = true;
    td_free(all);
}

void td_split_choose(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows, int64_t first,
                     int64_t count, bool *is_test)
{
    int64_t left = rows - test_rows, mine, n = 0;
    memset(is_test, 0, (size_t)count * sizeof *is_test);
    if (test_rows == 0)
        return;
    uint64_t cut = find_digit(comm, seed, first, count, &left, &mine);
    close_row *close = TD_NEW(close_row, (size_t)mine);
    for (int64_t i = 0; i < count; i++) {
        uint64_t key = key_of(seed, first + i), digit = digit_of(key);
        is_test[i] = digit > cut;
        if (digit == cut)
            close[n++] = (close_row){key, first + i};
    }
    settle(comm, close, n, left, first, count, is_test);
    td_free(close);
}
