/* Dense layers on tiles. */
#include "model/dense.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* kernel (inputs, units) uniform within sqrt(6 / (inputs + units)), bias (units) 0 */
td_dense td_dense_declare(const char *group, size_t inputs, size_t units, bool relu,
                          td_parameters *parameters)
{
    TD_MEMORY_FOR("layers, transposed", "query.tower, candidate.tower, rating.hidden");
    float limit = sqrtf(6.0F / (float)(inputs + units));
    td_dense layer = {.inputs = inputs, .learned = inputs, .units = units, .relu = relu};
    layer.kernel = td_parameters_declare(parameters, group, "kernel", inputs, units, false, limit);
    layer.bias = td_parameters_declare(parameters, group, "bias", 1, units, false, 0);
    layer.transposed = TD_NEW(float, inputs *units);
    return layer;
}

void td_dense_free(td_dense *layer)
{
    td_free(layer->transposed);
}

/* transposed (units, inputs) = kernel' */
void td_dense_refresh(td_dense *layer, const td_parameters *parameters)
{
    enum { MANY = 1 << 13 }; /* elements that are worth another thread */
    const float *kernel = td_parameters_values(parameters, layer->kernel);
#pragma omp parallel for if (layer->inputs * layer->units >= MANY)
    for (size_t j = 0; j < layer->units; j++)
        for (size_t k = 0; k < layer->inputs; k++)
            layer->transposed[j * layer->inputs + k] = kernel[k * layer->units + j];
}

/* y (rows, units) = relu(x (rows, inputs) kernel (inputs, units) + bias (units)) */
void td_dense_forward(const td_dense *layer, const td_kernels *kernels,
                      const td_parameters *parameters, size_t rows, const float *x, float *y)
{
    const size_t units = layer->units;
    const float *kernel = td_parameters_values(parameters, layer->kernel);
    const float *bias = td_parameters_values(parameters, layer->bias);
    if (units == 1) /* a chain a row would leave the vectors idle */
        kernels->row_dots(rows, layer->inputs, x, kernel, bias[0], y);
    else
        kernels->dense_gemm(rows, units, layer->inputs, (td_view){x, layer->inputs, false}, kernel,
                            units, bias, y, units);
    for (size_t i = 0; layer->relu && i < rows * units; i++)
        y[i] = y[i] < 0 ? 0 : y[i];
}

/* dkernel (inputs, units) += x' (inputs, rows) dy (rows, units) */
static void add_kernel_gradient(const td_dense *layer, size_t rows, const float *x, const float *dy,
                                float *scratch, td_gradients *gradients)
{
    const size_t inputs = layer->inputs, units = layer->units;
    gradients->kernels->dense_gemm(inputs, units, rows, (td_view){x, inputs, true}, dy, units, NULL,
                                   scratch, units);
    td_gradients_add_dense(gradients, layer->kernel, scratch);
}

/* dbias (units) += sum_i dy_i */
static void add_bias_gradient(const td_dense *layer, size_t rows, const float *dy, float *scratch,
                              td_gradients *gradients)
{
    memset(scratch, 0, layer->units * sizeof *scratch);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < layer->units; j++)
            scratch[j] += dy[i * layer->units + j];
    td_gradients_add_dense(gradients, layer->bias, scratch);
}

/* dy = dy [y > 0] with ReLU; dx (rows, learned) = dy (rows, units) kernel' (units, learned) */
void td_dense_backward(const td_dense *layer, size_t rows, const float *x, const float *y,
                       float *dy, float *dx, float *scratch, td_gradients *gradients)
{
    const size_t inputs = layer->inputs, units = layer->units;
    for (size_t i = 0; layer->relu && i < rows * units; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
    add_kernel_gradient(layer, rows, x, dy, scratch, gradients);
    add_bias_gradient(layer, rows, dy, scratch, gradients);
    gradients->kernels->dense_gemm(rows, layer->learned, units, (td_view){dy, units, false},
                                   layer->transposed, inputs, NULL, dx, inputs);
}
