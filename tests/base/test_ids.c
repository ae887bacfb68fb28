/* Ids by insertion and by digits are those that the C library sorts. */
#include "base/ids.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(ids, are_sorted_once_each)
{
    td_buffer work = {0};
    int32_t ids[] = {7, 2147483646, 0, 7, 300, 3, 65536, 0};
    const int32_t sorted[] = {0, 3, 7, 300, 65536, 2147483646};
    cr_assert_eq(td_ids_distinct(8, ids, &work), 6);
    cr_assert_arr_eq(ids, sorted, sizeof sorted);
    cr_assert_eq(td_ids_distinct(0, ids, &work), 0);
    td_buffer_free(&work);
}

static int compare(const void *left, const void *right)
{
    const int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* As many ids as count, of every size up to bits, the same in every run. */
static void check(size_t count, int bits)
{
    enum { MOST = 1000 };
    static int32_t ids[MOST], wanted[MOST];
    td_buffer work = {0};
    uint32_t state = 1;
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525 + 1013904223;
        ids[i] = wanted[i] = (int32_t)((state >> 1) >> (31 - bits));
    }
    qsort(wanted, count, sizeof *wanted, compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || wanted[i] != wanted[i - 1])
            wanted[distinct++] = wanted[i];
    cr_assert_eq(td_ids_distinct(count, ids, &work), distinct, "%zu ids of %d bits", count, bits);
    cr_assert_arr_eq(ids, wanted, distinct * sizeof *ids);
    td_buffer_free(&work);
}

Test(ids, are_those_of_a_sort)
{
    static const size_t counts[] = {1, 31, 32, 33, 34, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int bits = 1; bits <= 31; bits += 5)
            check(counts[c], bits);
}
