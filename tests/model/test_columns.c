/* Tiles of columns: what fills the last one, and scores as chains of fused operations. */
#include "model/columns.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum { WIDTH = 5, ROWS = 3 };

static td_columns columns_of(size_t capacity, size_t count)
{
    td_columns columns;
    td_columns_create(&columns, WIDTH, capacity, false, NULL);
    td_columns_resize(&columns, count);
    fill_samples(count * WIDTH, 1, 1, columns.v);
    for (size_t i = 0; i < count; i++)
        columns.weights[i] = 1;
    td_columns_transpose(&columns);
    return columns;
}

Test(columns, tiles_hold_512_and_the_rest)
{
    static const size_t counts[][3] = {{1, 1, 1}, {512, 1, 512}, {513, 2, 1}, {1300, 3, 276}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        td_columns columns = columns_of(1300, counts[i][0]);
        cr_assert_eq(td_columns_tiles(&columns), counts[i][1]);
        cr_assert_eq(td_columns_in_tile(&columns, counts[i][1] - 1), counts[i][2]);
        if (counts[i][1] > 1)
            cr_assert_eq(td_columns_in_tile(&columns, 0), TD_COLUMN_TILE);
        td_columns_free(&columns);
    }
}

static void assert_scores(const td_columns *columns, const td_kernels *kernels, size_t tile,
                          const float *u)
{
    static float scores[ROWS * TD_COLUMN_STRIDE];
    const size_t n = td_columns_in_tile(columns, tile);
    td_columns_score(columns, kernels, tile, ROWS, (td_view){u, WIDTH, false}, scores);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t j = 0; j < td_lanes_up(n); j++) {
            const float *v = columns->v + (tile * TD_COLUMN_TILE + j) * WIDTH;
            float expected = j < n ? 0 : -INFINITY;
            for (size_t k = 0; k < WIDTH && j < n; k++)
                expected = fmaf(u[r * WIDTH + k], v[k], expected);
            cr_assert_eq(scores[r * TD_COLUMN_STRIDE + j], expected,
                         "tile %zu, row %zu, column %zu", tile, r, j);
        }
}

Test(columns, scores_are_dot_products_and_minus_infinity_beyond)
{
    float u[ROWS * WIDTH];
    td_kernels kernels;
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    fill_samples(ROWS * WIDTH, 2, 1, u);
    static const size_t counts[] = {1, 15, 16, 17, 512, 529};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        td_columns columns = columns_of(counts[i], counts[i]);
        for (size_t t = 0; t < td_columns_tiles(&columns); t++)
            assert_scores(&columns, &kernels, t, u);
        td_columns_free(&columns);
    }
}

/* A step may have fewer columns than the one before: nothing of that may be left. */
Test(columns, a_smaller_number_leaves_nothing_behind)
{
    td_kernels kernels;
    float u[ROWS * WIDTH];
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    fill_samples(ROWS * WIDTH, 2, 1, u);
    td_columns columns = columns_of(600, 600);
    td_columns_resize(&columns, 21);
    td_columns_transpose(&columns);
    for (size_t j = 21; j < td_lanes_up(21); j++)
        cr_assert_eq(columns.weights[j], 0);
    cr_assert_eq(columns.weights[20], 1);
    cr_assert_eq(td_columns_tiles(&columns), 1);
    assert_scores(&columns, &kernels, 0, u);
    td_columns_free(&columns);
}
