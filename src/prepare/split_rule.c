/* Rows are told apart by the first 16 bits of their keys: those of one value, few, are sorted. Keys
 * are not kept, since computing one again is cheaper. */
#include "prepare/split_rule.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
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
static uint64_t find_digit(td_comm *comm, uint64_t seed, int64_t count, const int64_t *row,
                           int64_t *left, int64_t *mine)
{
    int64_t *counts = TD_NEW(int64_t, 2 * DIGITS), *own = counts + DIGITS;
    for (int64_t i = 0; i < count; i++)
        own[digit_of(key_of(seed, row[i]))]++;
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

/* Collective. Returns the row at place left of all ranks' close ones, sorted. */
static close_row find_first(td_comm *comm, const close_row *mine, int64_t n, int64_t left)
{
    size_t total;
    close_row *all = td_comm_allgatherv(comm, mine, (size_t)n, sizeof *mine, &total);
    qsort(all, total, sizeof *all, by_key);
    const close_row first = all[left];
    td_free(all);
    return first;
}

void td_split_choose(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows, int64_t count,
                     const int64_t *row, uint8_t *split)
{
    int64_t left = rows - test_rows, mine, n = 0;
    if (test_rows == 0)
        return;
    const uint64_t cut = find_digit(comm, seed, count, row, &left, &mine);
    close_row *close = TD_NEW(close_row, (size_t)mine);
    int64_t *place = TD_NEW(int64_t, (size_t)mine);
    for (int64_t i = 0; i < count; i++) {
        const uint64_t key = key_of(seed, row[i]), digit = digit_of(key);
        if (digit > cut)
            split[i] = TD_TEST;
        if (digit != cut)
            continue;
        close[n] = (close_row){key, row[i]};
        place[n++] = i;
    }
    const close_row first = find_first(comm, close, n, left);
    for (int64_t i = 0; i < n; i++)
        if (by_key(&close[i], &first) >= 0)
            split[place[i]] = TD_TEST;
    td_free(close);
    td_free(place);
}

/* Random rows, as many as the fraction says. */
static void choose_rows(td_comm *comm, const td_split_question *q, uint8_t *split)
{
    const int64_t test_rows = td_split_test_rows(q->total, q->test_fraction);
    td_split_choose(comm, q->seed, q->total, test_rows, q->rows->count, q->row, split);
}

static const td_split_rule rules[] = {
    {"rows", TD_ROLE_NONE, choose_rows},
};

td_status td_split_rule_find(const char *name, const td_split_rule **rule)
{
    char names[256] = "";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        *rule = &rules[i];
        if (strcmp(rules[i].name, name) == 0)
            return TD_OK;
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", rules[i].name);
    }
    return td_fail(TD_ERR_USAGE, "split: expected one of %s, found '%s'", names, name);
}
