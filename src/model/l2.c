/* Normalization of rows, in plain IEEE operations. */
#include "model/l2.h"

#include "math/kernels.h"

#include <math.h>

static const float shortest = 1e-6F;

/* The sum of a[i] b[i], in lanes. */
static float dot(size_t n, const float *a, const float *b)
{
    float lane[TD_LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        lane[i % TD_LANES] += a[i] * b[i];
    for (size_t l = 0; l < TD_LANES; l++)
        sum += lane[l];
    return sum;
}

/* The length that a row is divided by; NaN stays. */
static float length(size_t n, const float *x)
{
    float size = sqrtf(dot(n, x, x));
    return size < shortest ? shortest : size;
}

/* y_r = x_r / |x_r| */
void td_l2_forward(size_t rows, size_t width, const float *x, float *y)
{
    for (size_t r = 0; r < rows; r++) {
        const float size = length(width, x + r * width);
        for (size_t i = 0; i < width; i++)
            y[r * width + i] = x[r * width + i] / size;
    }
}

/* dx_r = (dy_r - y_r (y_r . dy_r)) / |x_r|; 0 where the length was replaced */
void td_l2_backward(size_t rows, size_t width, const float *x, const float *y, const float *dy,
                    float *dx)
{
    for (size_t r = 0; r < rows; r++) {
        const float *yr = y + r * width, *dyr = dy + r * width;
        const float size = length(width, x + r * width);
        const float along = dot(width, yr, dyr);
        for (size_t i = 0; i < width; i++)
            dx[r * width + i] = size <= shortest ? 0 : (dyr[i] - yr[i] * along) / size;
    }
}
