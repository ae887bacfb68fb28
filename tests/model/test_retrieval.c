/* The fused softmax on distinct columns against the B x B definition, row by row in double, and
 * against finite differences of its own loss; and what does not change its bits. */
#include "softmax.h"

#include <stdio.h>

Test(retrieval, is_the_row_by_row_definition)
{
    static const struct {
        size_t rows, columns, width, tile_rows;
        float temperature;
    } shapes[] = {{1, 1, 1, 1, 1},        {7, 3, 5, 4, 1},       {40, 17, 33, 16, 0.2F},
                  {64, 64, 8, 128, 3},    {600, 512, 4, 128, 1}, {600, 513, 4, 100, 0.5F},
                  {1400, 1300, 5, 256, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char name[64];
        batch b =
            batch_create(shapes[i].rows, shapes[i].columns, shapes[i].width, shapes[i].temperature);
        snprintf(name, sizeof name, "%zu rows, %zu columns", b.rows, b.columns);
        assert_is_the_definition(&b, shapes[i].tile_rows, name);
        batch_free(&b);
    }
}

Test(retrieval, one_column_is_the_logarithm_of_its_rows)
{
    batch b = batch_create(32, 1, 6, 0.5F);
    double weights = 0;
    for (size_t i = 0; i < b.rows; i++)
        weights += (double)b.weights[i];
    cr_assert_float_eq(loss_of(&b), weights * log(32), 1e-4);
    assert_is_the_definition(&b, 10, "one column");
    batch_free(&b);
}

Test(retrieval, gradients_are_the_slopes_of_the_loss)
{
    batch b = batch_create(11, 4, 3, 0.7F);
    result r = run(&b, TD_TILE_ROWS, false);
    for (size_t i = 0; i < b.rows * b.width; i++)
        cr_assert_float_eq((double)r.du[i], slope(&b, &b.u[i]), 1e-3, "dU[%zu]", i);
    for (size_t i = 0; i < b.columns * b.width; i++) {
        double dv = ldexp((double)r.dv[i], -TD_EXACT_GRADIENT);
        cr_assert_float_eq(dv, slope(&b, &b.v[i]), 1e-3, "dV[%zu]: %g", i, dv);
    }
    assert_slope_of_temperature(&b, &r, 1e-3, "softmax");
    result_free(&r);
    batch_free(&b);
}

Test(retrieval, the_order_of_tiles_changes_no_bit)
{
    batch b = batch_create(700, 600, 7, 0.9F);
    result forwards = run(&b, 64, false), backwards = run(&b, 64, true);
    cr_assert_eq(forwards.loss, backwards.loss);
    cr_assert_arr_eq(forwards.dv, backwards.dv, b.columns * b.width * sizeof(td_exact));
    cr_assert_arr_eq(forwards.du, backwards.du, b.rows * b.width * sizeof(float));
    cr_assert_arr_eq(forwards.largest, backwards.largest, sizeof forwards.largest);
    result_free(&forwards);
    result_free(&backwards);
    batch_free(&b);
}

static void reverse_rows(batch *b)
{
    for (size_t i = 0, j = b->rows - 1; i < j; i++, j--) {
        float weight = b->weights[i];
        int32_t own = b->own[i];
        b->weights[i] = b->weights[j];
        b->own[i] = b->own[j];
        b->weights[j] = weight;
        b->own[j] = own;
        for (size_t k = 0; k < b->width; k++) {
            float u = b->u[i * b->width + k];
            b->u[i * b->width + k] = b->u[j * b->width + k];
            b->u[j * b->width + k] = u;
        }
    }
}

/* Inside a tile dV is a chain over its rows, so their order may move its last bits; losses and dU
 * are each row's own. */
Test(retrieval, the_order_of_rows_changes_no_bit_of_their_own_results)
{
    batch b = batch_create(200, 90, 7, 0.9F);
    result forwards = run(&b, 128, false);
    reverse_rows(&b);
    result reversed = run(&b, 128, false);
    cr_assert_eq(forwards.loss, reversed.loss);
    for (size_t i = 0; i < b.rows; i++)
        cr_assert_arr_eq(forwards.du + i * b.width, reversed.du + (b.rows - 1 - i) * b.width,
                         b.width * sizeof(float));
    for (size_t i = 0; i < b.columns * b.width; i++) {
        double x = ldexp((double)forwards.dv[i], -TD_EXACT_GRADIENT);
        cr_assert_float_eq(x, ldexp((double)reversed.dv[i], -TD_EXACT_GRADIENT), 1e-5);
    }
    result_free(&forwards);
    result_free(&reversed);
    batch_free(&b);
}

Test(retrieval, extreme_scores_keep_their_meaning)
{
    batch b = batch_create(30, 20, 1, 1);
    for (size_t i = 0; i < b.rows; i++)
        b.u[i] = i % 2 ? 1 : -1;
    for (size_t j = 0; j < b.columns; j++)
        b.v[j] = (j % 3 == 0 ? 80.0F : -80.0F) + (float)j / 16;
    assert_is_the_definition(&b, 16, "scores up to 160 apart");
    for (size_t i = 0; i < b.rows; i++)
        b.u[i] = -1 - (float)i / 64;
    for (size_t j = 0; j < b.columns; j++)
        b.v[j] = 110 + (float)j / 8;
    assert_is_the_definition(&b, 16, "all scores below -100");
    for (size_t j = 0; j < b.columns; j++)
        b.v[j] = 0.5F;
    assert_is_the_definition(&b, 16, "equal scores");
    batch_free(&b);
}

Test(retrieval, what_is_not_finite_is_noticed)
{
    const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        batch b = batch_create(20, 15, 3, 1);
        for (int side = 0; side < 2; side++) {
            float *x = side ? &b.v[3] : &b.u[4], before = *x;
            *x = bad[i];
            result r = run(&b, 8, false);
            bool in_range = td_exact_in_range(TD_EXACT_TOTAL, b.rows, r.largest[TERM_LOSS]);
            for (int term = TERM_DU; term <= TERM_DV; term++)
                in_range =
                    in_range && td_exact_in_range(TD_EXACT_GRADIENT, b.rows, r.largest[term]);
            cr_assert_not(in_range, "%g in %s", (double)bad[i], side ? "V" : "U");
            result_free(&r);
            *x = before;
        }
        batch_free(&b);
    }
}
