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
    td_free(layer->packed);
}

void td_dense_round(td_dense *layer, const td_kernels *rounding)
{
    TD_MEMORY_FOR("layers, rounded", "math.precision, query.tower, candidate.tower, rating.hidden");
    if (layer->units == 1)
        return;
    layer->rounding = rounding;
    layer->packed = TD_NEW(float, layer->inputs * layer->units);
}

/* What a tile's operands are packed to: of x, and of y; then a tensor's gradient. */
size_t td_dense_scratch(const td_dense *layer)
{
    const size_t rooms = layer->rounding ? TD_TILE_ROWS * (layer->inputs + layer->units) : 0;
    return rooms + (layer->inputs + 1) * layer->units;
}

/* packed (inputs, units) = kernel; transposed (units, inputs) = kernel'; by whole blocks of inputs
 */
static void pack_kernel(td_dense *layer, const float *kernel)
{
    enum { PART = TD_ROUNDED_BLOCK };
    const td_kernels *kernels = layer->rounding;
    const size_t inputs = layer->inputs, units = layer->units;
#pragma omp for nowait
    for (size_t k = 0; k < inputs; k += PART) {
        const size_t n = inputs - k < PART ? inputs - k : PART;
        kernels->pack_right(n, units, (td_view){kernel + k * units, units, false},
                            layer->packed + kernels->words(k) * units, units);
        kernels->pack_right(units, n, (td_view){kernel + k * units, units, true},
                            layer->transposed + k, inputs);
    }
}

/* transposed (units, inputs) = kernel' */
void td_dense_refresh(td_dense *layer, const td_parameters *parameters, const bool *changed)
{
    enum { PART = 16 };
    const float *kernel = td_parameters_values(parameters, layer->kernel);
    const size_t inputs = layer->inputs, units = layer->units;
    if (changed && !changed[layer->kernel])
        return;
    if (layer->rounding) {
        pack_kernel(layer, kernel);
        return;
    }
#pragma omp for nowait
    for (size_t first = 0; first < units; first += PART) {
        const size_t end = units - first < PART ? units : first + PART;
        for (size_t k = 0; k < inputs; k++)
            for (size_t j = first; j < end; j++)
                layer->transposed[j * inputs + k] = kernel[k * units + j];
    }
}

/* y (rows, units) = relu(x (rows, inputs) kernel (inputs, units) + bias (units)) */
void td_dense_forward(const td_dense *layer, const td_kernels *kernels,
                      const td_parameters *parameters, size_t rows, const float *x, float *scratch,
                      float *y)
{
    const size_t inputs = layer->inputs, units = layer->units;
    const float *kernel = td_parameters_values(parameters, layer->kernel);
    const float *bias = td_parameters_values(parameters, layer->bias);
    if (units == 1) /* a chain a row would leave the vectors idle */
        kernels->row_dots(rows, inputs, x, kernel, bias[0], y);
    else
        kernels->dense_gemm(rows, units, inputs,
                            kernels->pack_left(rows, inputs, (td_view){x, inputs, false}, scratch),
                            kernels->rounds ? layer->packed : kernel, units, bias, y, units);
    for (size_t i = 0; layer->relu && i < rows * units; i++)
        y[i] = y[i] < 0 ? 0 : y[i];
}

/* What a tile's products of the way back go through: rooms for two packed operands, if there are
 * any, and a tensor's gradient. A layer of one unit computes in float. */
typedef struct {
    const td_kernels *kernels;
    bool packs;
    td_gemm *product;
    float *left, *right, *terms;
} way_back;

/* NOLINTNEXTLINE(readability-non-const-parameter): what it becomes is written to. */
static way_back way_back_of(const td_dense *layer, const td_kernels *kernels, float *scratch)
{
    way_back way = {.kernels = kernels,
                    .packs = kernels->rounds && layer->rounding,
                    .product = kernels->dense_gemm};
    way.left = way.right = way.terms = scratch;
    if (way.packs) {
        way.right = way.left + TD_TILE_ROWS * layer->inputs;
        way.terms = way.right + TD_TILE_ROWS * layer->units;
    } else if (kernels->rounds) {
        way.product = kernels->gemm;
    }
    return way;
}

static td_view pack_left(const way_back *way, size_t m, size_t k, td_view a, float *room)
{
    return way->packs ? way->kernels->pack_left(m, k, a, room) : a;
}

/* dkernel (inputs, units) += x' (inputs, rows) dy (rows, units) */
static void add_kernel_gradient(const td_dense *layer, size_t rows, const float *x, const float *dy,
                                const way_back *way, td_gradients *gradients)
{
    const size_t inputs = layer->inputs, units = layer->units;
    const td_view left = pack_left(way, inputs, rows, (td_view){x, inputs, true}, way->left);
    td_view right = {dy, units, false};
    if (way->packs)
        right = way->kernels->pack_right(rows, units, right, way->right, units);
    way->product(inputs, units, rows, left, right.at, units, NULL, way->terms, units);
    td_gradients_add_dense(gradients, layer->kernel, way->terms);
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
    const way_back way = way_back_of(layer, gradients->kernels, scratch);
    for (size_t i = 0; layer->relu && i < rows * units; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
    add_kernel_gradient(layer, rows, x, dy, &way, gradients);
    add_bias_gradient(layer, rows, dy, way.terms, gradients);
    way.product(rows, layer->learned, units,
                pack_left(&way, rows, units, (td_view){dy, units, false}, way.right),
                layer->transposed, inputs, NULL, dx, inputs);
}
