/* Rows grouped by id: numbers in the order they come, sums in ascending row order. */
#include "model/grouping.h"

#include "samples.h"

#include <criterion/criterion.h>

/* Against a plain search. */
static void assert_groups(size_t n, const int32_t *ids)
{
    td_grouping grouping;
    size_t groups = 0;
    td_group_by_id(n, ids, &grouping);
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (ids[first] != ids[i])
            first++;
        groups += first == i;
        cr_assert_lt(grouping.of_row[i], grouping.count);
        cr_assert_eq(grouping.first[grouping.of_row[i]], first, "row %zu", i);
        if (first == i)
            cr_assert_eq(grouping.of_row[i], groups - 1, "groups come in the order of rows");
    }
    cr_assert_eq(grouping.count, groups);
}

Test(grouping, is_a_plain_search)
{
    int32_t ids[TD_TILE_ROWS];
    static const int32_t distinct[] = {1, 2, 17, 255, 256, 100000};
    for (size_t d = 0; d < sizeof distinct / sizeof *distinct; d++)
        for (size_t n = 0; n <= TD_TILE_ROWS; n += 64) {
            for (size_t i = 0; i < n; i++)
                ids[i] = (int32_t)(i * i * 7919 % (size_t)distinct[d]);
            assert_groups(n, ids);
        }
    for (int32_t i = 0; i < TD_TILE_ROWS; i++) /* multiples that a hash could put together */
        ids[i] = i * (INT32_MAX / TD_TILE_ROWS) / 1024 * 1024;
    assert_groups(TD_TILE_ROWS, ids);
    for (int32_t i = 0; i < TD_TILE_ROWS; i++)
        ids[i] = INT32_MAX - i % 100;
    assert_groups(TD_TILE_ROWS, ids);
}

/* Columns beside a group's own are another feature's. */
Test(grouping, sums_run_in_ascending_row_order)
{
    enum { N = 200, WIDTH = 3, STRIDE = 8 };
    static float dx[N * STRIDE], sums[N * WIDTH];
    int32_t ids[N];
    td_grouping grouping;
    fill_samples(N * STRIDE, 1, 1, dx);
    for (int i = 0; i < N; i++)
        ids[i] = i * i % 37;
    memset(sums, 0xff, sizeof sums); /* what was there before must not matter */
    td_group_by_id(N, ids, &grouping);
    td_group_sum(&grouping, N, WIDTH, dx, STRIDE, sums);
    for (size_t g = 0; g < grouping.count; g++)
        for (size_t k = 0; k < WIDTH; k++) {
            float expected = 0;
            for (size_t i = 0; i < N; i++)
                expected += ids[i] == ids[grouping.first[g]] ? dx[i * STRIDE + k] : 0;
            cr_assert_eq(sums[g * WIDTH + k], expected, "group %zu", g);
        }
}
