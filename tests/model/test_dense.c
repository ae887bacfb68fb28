/* A dense layer: its outputs against the definition, its gradients against finite differences, and
 * ReLU at the values where it is easily wrong. */
#include "model/dense.h"

#include "base/memory.h"
#include "samples.h"

#include <criterion/criterion.h>

enum { ROWS = 9, INPUTS = 5, UNITS = 4 };

typedef struct {
    td_kernels kernels;
    td_parameters parameters;
    td_dense layer;
    td_gradients gradients;
    float x[ROWS * INPUTS], y[ROWS * UNITS], dy[ROWS * UNITS], dx[ROWS * INPUTS];
    float scratch[(INPUTS + 1) * UNITS];
} bench;

/* Biases of +-2 keep every output well away from 0, on either side, where ReLU has no slope. */
static bench *bench_of(size_t units, bool relu, bool openblas)
{
    bench *b = TD_NEW(bench, 1);
    cr_assert_eq(td_kernels_find(NULL, openblas, &b->kernels), TD_OK);
    b->layer = td_dense_declare("layer", INPUTS, units, relu, &b->parameters);
    td_parameters_allocate(&b->parameters, 0);
    fill_samples(INPUTS * units, 1, 0.3F, td_parameters_values(&b->parameters, b->layer.kernel));
    for (size_t j = 0; j < units; j++)
        td_parameters_values(&b->parameters, b->layer.bias)[j] = j % 2 ? 2 : -2;
    fill_samples(ROWS * INPUTS, 2, 1, b->x);
    fill_samples(ROWS * UNITS, 3, 1, b->dy);
    b->gradients = td_gradients_create(&b->kernels, &b->parameters, 0, NULL);
    td_dense_refresh(&b->layer, &b->parameters, NULL);
    return b;
}

static bench *bench_create(bool relu, bool openblas)
{
    return bench_of(UNITS, relu, openblas);
}

static void bench_free(bench *b)
{
    td_dense_free(&b->layer);
    td_parameters_free(&b->parameters);
    td_gradients_free(&b->gradients);
    td_free(b);
}

static void forward(bench *b)
{
    td_dense_forward(&b->layer, &b->kernels, &b->parameters, ROWS, b->x, NULL, b->y);
}

static void backward(bench *b)
{
    float dy[ROWS * UNITS]; /* it is changed in place */
    memcpy(dy, b->dy, sizeof dy);
    td_dense_backward(&b->layer, ROWS, b->x, b->y, dy, b->dx, b->scratch, &b->gradients);
}

/* What dy is the gradient of. */
static double objective(bench *b)
{
    double sum = 0;
    forward(b);
    for (int i = 0; i < ROWS * UNITS; i++)
        sum += (double)b->dy[i] * (double)b->y[i];
    return sum;
}

static double slope(bench *b, float *x)
{
    const float step = 0x1p-5F, before = *x; /* the objective is linear within it */
    *x = before + step;
    double above = objective(b);
    *x = before - step;
    double below = objective(b);
    *x = before;
    return (above - below) / (2 * (double)step);
}

static void assert_slopes(bool relu, bool openblas)
{
    bench *b = bench_create(relu, openblas);
    float gradient[(INPUTS + 1) * UNITS];
    forward(b);
    backward(b);
    td_exact_to_float(TD_EXACT_GRADIENT, b->parameters.dense_size, b->gradients.dense, gradient);
    for (size_t i = 0; i < b->parameters.dense_size; i++)
        cr_assert_float_eq((double)gradient[i], slope(b, &b->parameters.values[i]), 1e-4,
                           "parameter %zu: %g", i, (double)gradient[i]);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        cr_assert_float_eq((double)b->dx[i], slope(b, &b->x[i]), 1e-4, "input %zu: %g", i,
                           (double)b->dx[i]);
    bench_free(b);
}

/* dx of the others is nobody's. */
Test(dense, leaves_out_gradients_of_inputs_without_parameters)
{
    bench *b = bench_create(true, false);
    float whole[ROWS * INPUTS];
    forward(b);
    backward(b);
    memcpy(whole, b->dx, sizeof whole);
    b->layer.learned = INPUTS - 2;
    fill_samples(ROWS * INPUTS, 7, 1, b->dx);
    float before[ROWS * INPUTS];
    memcpy(before, b->dx, sizeof before);
    backward(b);
    for (size_t i = 0; i < ROWS * INPUTS; i++) {
        const float *expected = i % INPUTS < INPUTS - 2 ? whole : before;
        cr_assert(memcmp(&b->dx[i], &expected[i], sizeof *expected) == 0, "element %zu", i);
    }
    bench_free(b);
}

Test(dense, gradients_are_the_slopes)
{
    for (int openblas = 0; openblas < 2; openblas++) {
        assert_slopes(false, openblas);
        assert_slopes(true, openblas);
    }
}

Test(dense, outputs_are_the_definition)
{
    for (int relu = 0; relu < 2; relu++) {
        bench *b = bench_create(relu, false);
        const float *kernel = td_parameters_values(&b->parameters, b->layer.kernel);
        const float *bias = td_parameters_values(&b->parameters, b->layer.bias);
        int negative = 0;
        forward(b);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < UNITS; j++) {
                float sum = bias[j];
                for (size_t k = 0; k < INPUTS; k++)
                    sum = fmaf(b->x[i * INPUTS + k], kernel[k * UNITS + j], sum);
                negative += sum < 0;
                cr_assert_eq(b->y[i * UNITS + j], relu && sum < 0 ? 0 : sum);
            }
        cr_assert(negative > 0 && negative < ROWS * UNITS, "the test needs both signs");
        bench_free(b);
    }
}

/* Both ways by kernels that round: the chains of which tests/math has the definition, of what the
 * layer gives them, so only near those of float; and measured by kernels that do not round, the
 * same as those. */
Test(dense, kernels_that_round_are_near_and_those_in_use_do_not_round)
{
    for (int one_unit = 0; one_unit < 2; one_unit++) {
        enum { MOST = ROWS * INPUTS };
        bench *b = bench_of(one_unit ? 1 : UNITS, false, false);
        float y[ROWS * UNITS], dx[MOST], gradient[2][(INPUTS + 1) * UNITS];
        const td_kernels plain = b->kernels, rounding = td_kernels_that_round(&plain);
        const size_t units = b->layer.units, outputs = ROWS * units;
        forward(b);
        backward(b);
        memcpy(y, b->y, sizeof y);
        memcpy(dx, b->dx, sizeof dx);
        td_exact_to_float(TD_EXACT_GRADIENT, b->parameters.dense_size, b->gradients.dense,
                          gradient[0]);
        td_dense_round(&b->layer, &rounding);
        td_dense_refresh(&b->layer, &b->parameters, NULL);
        float *scratch = TD_NEW(float, td_dense_scratch(&b->layer));
        forward(b);
        cr_assert_arr_eq(b->y, y, outputs * sizeof *y, "in use it is rounded");
        td_dense_forward(&b->layer, &rounding, &b->parameters, ROWS, b->x, scratch, b->y);
        td_gradients_clear(&b->gradients);
        b->gradients.kernels = &rounding;
        float dy[ROWS * UNITS];
        memcpy(dy, b->dy, sizeof dy);
        td_dense_backward(&b->layer, ROWS, b->x, b->y, dy, b->dx, scratch, &b->gradients);
        td_exact_to_float(TD_EXACT_GRADIENT, b->parameters.dense_size, b->gradients.dense,
                          gradient[1]);
        double largest = 0;
        for (size_t i = 0; i < outputs; i++)
            largest = fmax(largest, fabs((double)(b->y[i] - y[i])));
        for (size_t i = 0; i < MOST; i++)
            largest = fmax(largest, fabs((double)(b->dx[i] - dx[i])));
        for (size_t i = 0; i < (INPUTS + 1) * units; i++)
            largest = fmax(largest, fabs((double)(gradient[0][i] - gradient[1][i])));
        cr_assert(one_unit ? largest == 0 : largest > 1e-4 && largest < 3e-2, "off by %g", largest);
        td_free(scratch);
        bench_free(b);
    }
}

/* Gradients are sums over tiles: twice the tile is twice the gradient, and the largest term is
 * noted. */
Test(dense, gradients_are_added)
{
    bench *b = bench_create(true, false);
    td_exact once[(INPUTS + 1) * UNITS];
    forward(b);
    backward(b);
    memcpy(once, b->gradients.dense, sizeof once);
    backward(b);
    for (size_t i = 0; i < (INPUTS + 1) * UNITS; i++)
        cr_assert_eq(b->gradients.dense[i], 2 * once[i]);
    cr_assert_gt(b->gradients.largest[b->layer.kernel], 0);
    cr_assert_gt(b->gradients.largest[b->layer.bias], 0);
    bench_free(b);
}

/* One input, one unit, no bias: y = relu(x). */
Test(dense, relu_passes_what_is_positive_and_keeps_nan)
{
    td_kernels kernels;
    td_parameters parameters = {0};
    cr_assert_eq(td_kernels_find(NULL, false, &kernels), TD_OK);
    td_dense layer = td_dense_declare("layer", 1, 1, true, &parameters);
    td_parameters_allocate(&parameters, 0);
    td_gradients gradients = td_gradients_create(&kernels, &parameters, 0, NULL);
    parameters.values[parameters.tensor[layer.kernel].offset] = 1;
    td_dense_refresh(&layer, &parameters, NULL);
    enum { VALUES = 6 };
    const float x[VALUES] = {-1, 0, 0x1p-149F, 2, NAN, -INFINITY};
    float y[VALUES], dx[VALUES], dy[VALUES] = {8, 8, 8, 8, 8, 8}, scratch[2];
    td_dense_forward(&layer, &kernels, &parameters, VALUES, x, NULL, y);
    cr_assert(y[0] == 0 && y[1] == 0 && y[2] == 0x1p-149F && y[3] == 2);
    cr_assert(isnan(y[4]) && y[5] == 0);
    td_dense_backward(&layer, VALUES, x, y, dy, dx, scratch, &gradients);
    const float expected[VALUES] = {0, 0, 8, 8, 0, 0};
    cr_assert_arr_eq(dx, expected, sizeof dx);
    td_gradients_free(&gradients);
    td_dense_free(&layer);
    td_parameters_free(&parameters);
}
