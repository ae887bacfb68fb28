/* Rows are told apart by the first 16 bits of their keys, which are kept: those of one value, few,
 * are sorted by their whole keys, which are made again. */
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

/* Finds each row's digit, and returns that of the row at place *left of all sorted rows, of which
 * *left becomes its place among those of this digit; *mine is how many of these this rank has. */
static uint16_t find_digits(td_comm *comm, uint64_t seed, int64_t count, const int64_t *row,
                            uint16_t *digits, int64_t *left, int64_t *mine)
{
    int64_t *counts = TD_NEW(int64_t, 2 * DIGITS), *own = counts + DIGITS;
    for (int64_t i = 0; i < count; i++) {
        digits[i] = (uint16_t)(key_of(seed, row[i]) >> (64 - DIGIT_BITS));
        own[digits[i]]++;
    }
    memcpy(counts, own, DIGITS * sizeof *counts);
    td_comm_sum(comm, DIGITS, counts);
    uint16_t digit = 0;
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
    uint16_t *digits = TD_NEW(uint16_t, (size_t)count);
    const uint16_t cut = find_digits(comm, seed, count, row, digits, &left, &mine);
    close_row *close = TD_NEW(close_row, (size_t)mine);
    int64_t *place = TD_NEW(int64_t, (size_t)mine);
    for (int64_t i = 0; i < count; i++) {
        if (digits[i] > cut)
            split[i] = TD_TEST;
        if (digits[i] != cut)
            continue;
        close[n] = (close_row){key_of(seed, row[i]), row[i]};
        place[n++] = i;
    }
    const close_row first = find_first(comm, close, n, left);
    for (int64_t i = 0; i < n; i++)
        if (by_key(&close[i], &first) >= 0)
            split[place[i]] = TD_TEST;
    td_free(digits);
    td_free(close);
    td_free(place);
}

/* Random rows, as many as the fraction says. */
static void choose_rows(td_comm *comm, const td_split_question *q, uint8_t *split)
{
    const int64_t test_rows = td_split_test_rows(q->total, q->test_fraction);
    td_split_choose(comm, q->seed, q->total, test_rows, q->rows->count, q->row, split);
}

/* A user's newest rows so far: the last, the one before it, and how many rows there were. */
typedef struct {
    int64_t last, second; /* places; -1 for none */
    int64_t count;
} newest_rows;

/* Whether row a is newer than row b, at places; rows of one time are in the order of their keys. */
static bool is_newer(const td_split_question *q, const int64_t *time, int64_t a, int64_t b)
{
    if (b < 0 || time[a] != time[b])
        return b < 0 || time[a] > time[b];
    const close_row left = {key_of(q->seed, q->row[a]), q->row[a]};
    const close_row right = {key_of(q->seed, q->row[b]), q->row[b]};
    return by_key(&left, &right) > 0;
}

/* Local: each user's newest row is a test row, and the one before it a validation row, as long as
 * one remains for training: of two rows the newer is a test row, one alone is for training. */
static void choose_newest(td_comm *comm, const td_split_question *q, uint8_t *split)
{
    (void)comm;
    const int64_t *time =
        td_frame_values(q->rows, td_schema_with_role(q->schema, TD_ROLE_TIME)->name);
    newest_rows *of = TD_NEW(newest_rows, (size_t)q->users + 1);
    for (int64_t u = 0; u <= q->users; u++)
        of[u] = (newest_rows){-1, -1, 0};
    for (int64_t i = 0; i < q->rows->count; i++) {
        newest_rows *user = &of[q->user[i]];
        user->count++;
        if (is_newer(q, time, i, user->last)) {
            user->second = user->last;
            user->last = i;
        } else if (is_newer(q, time, i, user->second)) {
            user->second = i;
        }
    }
    for (int64_t u = 1; u <= q->users; u++) {
        if (of[u].count >= 2)
            split[of[u].last] = TD_TEST;
        if (of[u].count >= 3)
            split[of[u].second] = TD_VALIDATION;
    }
    td_free(of);
}

static const td_split_rule rules[] = {
    {"rows", TD_ROLE_NONE, choose_rows},
    {"leave_one_out", TD_ROLE_TIME, choose_newest},
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
