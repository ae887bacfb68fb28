/* Normalized rows against the definition in double, their gradient against finite differences of
 * it; rows too short to be normalized, and NaN. */
#include "model/l2.h"

#include "samples.h"

#include <criterion/criterion.h>

enum { ROWS = 4, WIDTH_MAX = 37 };

static const double shortest = 1e-6;

/* Sum over the elements of a row of dy . x / max(|x|, 1e-6). */
static double objective(size_t width, const float *dy, const double *x)
{
    double squares = 0, sum = 0;
    for (size_t k = 0; k < width; k++) {
        squares += x[k] * x[k];
        sum += (double)dy[k] * x[k];
    }
    return sum / fmax(sqrt(squares), shortest);
}

/* One row's gradient by central differences in double, step relative to the row's length. */
static void slopes(size_t width, const float *x, const float *dy, double step, double *dx)
{
    double at[WIDTH_MAX];
    for (size_t k = 0; k < width; k++)
        at[k] = (double)x[k];
    for (size_t k = 0; k < width; k++) {
        at[k] = (double)x[k] + step;
        const double above = objective(width, dy, at);
        at[k] = (double)x[k] - step;
        dx[k] = (above - objective(width, dy, at)) / (2 * step);
        at[k] = (double)x[k];
    }
}

static double length_of(size_t width, const float *x)
{
    double squares = 0;
    for (size_t k = 0; k < width; k++)
        squares += (double)x[k] * (double)x[k];
    return sqrt(squares);
}

static void assert_row(size_t width, const float *x, const float *y, const float *dy,
                       const float *dx)
{
    double expected[WIDTH_MAX];
    const double length = length_of(width, x), divisor = fmax(length, shortest);
    for (size_t k = 0; k < width; k++)
        expected[k] = (double)x[k] / divisor;
    cr_assert_leq(distance(width, y, expected), 1e-6, "length %g", length);
    slopes(width, x, dy, divisor * 1e-5, expected);
    cr_assert_leq(distance(width, dx, expected) * divisor, 1e-5, "length %g", length);
}

Test(l2, is_the_definition_and_its_gradient_the_slopes)
{
    static const size_t widths[] = {1, 2, 16, 17, WIDTH_MAX};
    static const float scales[] = {1, 30, 1e-3F, 1e-4F};
    float x[ROWS * WIDTH_MAX], y[ROWS * WIDTH_MAX], dy[ROWS * WIDTH_MAX], dx[ROWS * WIDTH_MAX];
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            const size_t width = widths[w];
            fill_samples(ROWS * width, 1, scales[s], x);
            fill_samples(ROWS * width, 2, 1, dy);
            td_l2_forward(ROWS, width, x, y);
            td_l2_backward(ROWS, width, x, y, dy, dx);
            for (size_t r = 0; r < ROWS; r++)
                assert_row(width, x + r * width, y + r * width, dy + r * width, dx + r * width);
        }
}

Test(l2, rows_have_length_1_and_short_ones_less)
{
    const float x[] = {3, 4, 3e-7F, 4e-7F, 0, 0};
    float y[6], dx[6];
    const float dy[] = {1, 0, 1, 0, 1, -1};
    td_l2_forward(3, 2, x, y);
    cr_assert(y[0] == 0.6F && y[1] == 0.8F);
    cr_assert_float_eq(y[2], 0.3F, 1e-7F);
    cr_assert_float_eq(y[3], 0.4F, 1e-7F);
    cr_assert(y[4] == 0 && y[5] == 0);
    td_l2_backward(3, 2, x, y, dy, dx);
    cr_assert_float_eq(dx[0], 0.128F, 1e-7F); /* (1 - 0.6 0.6) / 5 */
    cr_assert_float_eq(dx[1], -0.096F, 1e-7F);
    for (int i = 2; i < 6; i++)
        cr_assert_eq(dx[i], 0, "a short row has no gradient");
}

/* A number that is none must reach the loss, where it stops the step. */
Test(l2, nan_stays)
{
    const float x[] = {NAN, 1, INFINITY, 1, 1, 2}, dy[] = {1, 1, 1, 1, NAN, 1};
    float y[6], dx[6];
    td_l2_forward(3, 2, x, y);
    td_l2_backward(3, 2, x, y, dy, dx);
    cr_assert(isnan(y[0]) && isnan(y[1]) && isnan(dx[0]) && isnan(dx[1]));
    cr_assert(isnan(y[2]) && isnan(dx[2]));
    cr_assert(!isnan(y[4]) && isnan(dx[4]) && isnan(dx[5]));
}
