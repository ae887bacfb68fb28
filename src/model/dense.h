/* A dense layer: y = x kernel + bias, then ReLU if it is not a tower's last. All functions are
 * Local; rows are contiguous: x (rows, inputs), y (rows, units).
 *
 * ReLU is 0 for y < 0 and y otherwise, so NaN stays; its gradient passes where the output is
 * positive, as TensorFlow's. Products go through the kernels' dense_gemm.
 */
#ifndef TD_MODEL_DENSE_H
#define TD_MODEL_DENSE_H

#include "model/gradients.h"
#include "model/parameters.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t inputs;
    size_t learned; /* the first inputs, whose gradients are wanted: all, unless set otherwise */
    size_t units;
    bool relu;
    size_t kernel;              /* tensor (inputs, units) */
    size_t bias;                /* tensor (1, units) */
    float *transposed;          /* (units, inputs): the kernel of the present step, packed */
    const td_kernels *rounding; /* those that train the layer, if they round; else NULL: */
    float *packed;              /* (inputs, units): the kernel for these */
} td_dense;

/* Declares the layer's tensors, group/kernel (Keras: glorot_uniform) and group/bias (zeros), and
 * makes room for the transposed kernel; td_dense_free frees that. */
td_dense td_dense_declare(const char *group, size_t inputs, size_t units, bool relu,
                          td_parameters *parameters);
void td_dense_free(td_dense *layer);

/* Gives the layer what kernels that round need, which stay the caller's; a layer of one unit
 * computes in float. */
void td_dense_round(td_dense *layer, const td_kernels *rounding);

/* The floats of scratch that a tile needs. */
size_t td_dense_scratch(const td_dense *layer);

/* Brings the transposed kernel up to date; call it after the parameters changed: changed (tensors)
 * says which did, NULL: any may have. The threads of a team that call it together share the work
 * and do not wait for one another. */
void td_dense_refresh(td_dense *layer, const td_parameters *parameters, const bool *changed);

void td_dense_forward(const td_dense *layer, const td_kernels *kernels,
                      const td_parameters *parameters, size_t rows, const float *x, float *scratch,
                      float *y);

/* Turns dy (the gradient of the output y) into that before the ReLU, in place; adds the gradients
 * of kernel and bias; sets the learned columns of dx (rows, inputs). */
void td_dense_backward(const td_dense *layer, size_t rows, const float *x, const float *y,
                       float *dy, float *dx, float *scratch, td_gradients *gradients);

#endif
