/* The fused softmax on distinct columns against the B x B definition, row by row in double, and
 * against finite differences of its own loss; and what does not change its bits. */
#include "model/retrieval.h"

#include "base/memory.h"
#include "base/tile.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* A batch of rows, each with the column of its own item; every column is some row's. */
typedef struct {
    size_t rows, columns, width;
    float temperature;
    float *u, *v, *weights;
    int32_t *own;
} batch;

typedef struct {
    td_exact loss;
    td_exact *dv;
    float *du;
    td_magnitude largest[TD_TERMS];
} result;

static batch batch_create(size_t rows, size_t columns, size_t width, float temperature)
{
    batch b = {.rows = rows, .columns = columns, .width = width, .temperature = temperature};
    b.u = TD_NEW(float, rows *width);
    b.v = TD_NEW(float, columns *width);
    b.weights = TD_NEW(float, rows);
    b.own = TD_NEW(int32_t, rows);
    fill_samples(rows * width, 1, 1, b.u);
    fill_samples(columns * width, 2, 1, b.v);
    fill_samples(rows, 3, 1, b.weights);
    for (size_t i = 0; i < rows; i++) {
        b.weights[i] = i % 7 == 3 ? 0 : 1.25F + b.weights[i];
        b.own[i] = (int32_t)(i < columns ? columns - 1 - i : i * i % 101 % columns);
    }
    return b;
}

static void batch_free(batch *b)
{
    td_free(b->u);
    td_free(b->v);
    td_free(b->weights);
    td_free(b->own);
}

static td_columns columns_of(const batch *b)
{
    td_columns columns;
    td_columns_create(&columns, b->width, b->columns);
    td_columns_resize(&columns, b->columns);
    memcpy(columns.v, b->v, b->columns * b->width * sizeof *b->v);
    for (size_t i = 0; i < b->rows; i++)
        columns.weights[b->own[i]] += 1;
    td_columns_transpose(&columns);
    return columns;
}

static result result_create(const batch *b)
{
    return (result){.dv = TD_NEW(td_exact, b->columns * b->width),
                    .du = TD_NEW(float, b->rows * b->width)};
}

static void result_free(result *r)
{
    td_free(r->dv);
    td_free(r->du);
}

/* Runs the batch in tiles of this many rows, the tiles forwards or backwards. */
static result run(const batch *b, size_t tile_rows, bool backwards)
{
    td_kernels kernels;
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_columns columns = columns_of(b);
    result r = result_create(b);
    td_retrieval task = {.columns = &columns,
                         .temperature = b->temperature,
                         .scale = 1,
                         .dv = r.dv,
                         .locks = td_locks_create()};
    td_retrieval_scratch scratch =
        td_retrieval_scratch_create(tile_rows, b->columns, b->width, false);
    td_gradients gradients = {.kernels = &kernels};
    const size_t tiles = (b->rows + tile_rows - 1) / tile_rows;
    for (size_t t = 0; t < tiles; t++) {
        size_t first = (backwards ? tiles - 1 - t : t) * tile_rows;
        size_t rows = b->rows - first < tile_rows ? b->rows - first : tile_rows;
        td_retrieval_tile(&task, rows, b->u + first * b->width, b->own + first, b->weights + first,
                          &scratch, r.du + first * b->width, &r.loss, &gradients);
    }
    memcpy(r.largest, gradients.largest, sizeof r.largest);
    td_retrieval_scratch_free(&scratch);
    td_locks_free(task.locks);
    td_columns_free(&columns);
    return r;
}

static double loss_of(const batch *b)
{
    result r = run(b, TD_TILE_ROWS, false);
    double loss = ldexp((double)r.loss, -TD_EXACT_TOTAL);
    result_free(&r);
    return loss;
}

static double dot(const batch *b, size_t row, size_t column)
{
    double sum = 0;
    for (size_t k = 0; k < b->width; k++)
        sum += (double)b->u[row * b->width + k] * (double)b->v[column * b->width + k];
    return sum / (double)b->temperature;
}

/* Row i of the definition: cross-entropy of logits over the items of all rows, of which number i
 * is right. p: room for rows numbers. */
static double define_row(const batch *b, size_t i, double *p, double *du, double *dv)
{
    const double right = dot(b, i, (size_t)b->own[i]), w = (double)b->weights[i];
    double max = -INFINITY, z = 0;
    for (size_t j = 0; j < b->rows; j++) {
        p[j] = dot(b, i, (size_t)b->own[j]);
        max = fmax(max, p[j]);
    }
    for (size_t j = 0; j < b->rows; j++)
        z += p[j] = exp(p[j] - max);
    for (size_t j = 0; j < b->rows; j++) {
        double dscore = w * (p[j] / z - (i == j)) / (double)b->temperature;
        for (size_t k = 0; k < b->width; k++) {
            size_t column = (size_t)b->own[j] * b->width + k;
            du[i * b->width + k] += dscore * (double)b->v[column];
            dv[column] += dscore * (double)b->u[i * b->width + k];
        }
    }
    return w * (log(z) + max - right);
}

static double largest_of(size_t n, const float *x)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    return largest;
}

/* Runs both and compares: gradients to 1e-5 of the largest, or of a tenth of the largest embedding
 * of the other side, of which they are differences. */
static void assert_is_the_definition(const batch *b, size_t tile_rows, const char *name)
{
    const size_t nu = b->rows * b->width, nv = b->columns * b->width;
    double *du = TD_NEW(double, nu), *dv = TD_NEW(double, nv), *p = TD_NEW(double, b->rows);
    float *dv_float = TD_NEW(float, nv);
    double loss = 0;
    for (size_t i = 0; i < b->rows; i++)
        loss += define_row(b, i, p, du, dv);
    result r = run(b, tile_rows, false);
    td_exact_to_float(TD_EXACT_GRADIENT, nv, r.dv, dv_float);
    double ours = ldexp((double)r.loss, -TD_EXACT_TOTAL);
    cr_assert_leq(fabs(ours - loss), 2e-6 * fmax(loss, 1), "%s: loss %.9g, not %.9g", name, ours,
                  loss);
    double du_error =
        distance(nu, r.du, du) / fmax(magnitude_of(nu, du), largest_of(nv, b->v) / 10);
    double dv_error =
        distance(nv, dv_float, dv) / fmax(magnitude_of(nv, dv), largest_of(nu, b->u) / 10);
    cr_assert_leq(du_error, 1e-5, "%s: dU is off by %g", name, du_error);
    cr_assert_leq(dv_error, 1e-5, "%s: dV is off by %g", name, dv_error);
    result_free(&r);
    td_free(du);
    td_free(dv);
    td_free(p);
    td_free(dv_float);
}

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

/* Central differences of the loss by one element. */
static double slope(const batch *b, float *x)
{
    const float step = 0x1p-7F, before = *x;
    *x = before + step;
    double above = loss_of(b);
    *x = before - step;
    double below = loss_of(b);
    *x = before;
    return (above - below) / (2 * (double)step);
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
            bool in_range = td_exact_in_range(TD_EXACT_TOTAL, b.rows, r.largest[TD_TERM_LOSS]);
            for (int term = TD_TERM_DU; term <= TD_TERM_DV; term++)
                in_range =
                    in_range && td_exact_in_range(TD_EXACT_GRADIENT, b.rows, r.largest[term]);
            cr_assert_not(in_range, "%g in %s", (double)bad[i], side ? "V" : "U");
            result_free(&r);
            *x = before;
        }
        batch_free(&b);
    }
}
