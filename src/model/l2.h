/* Rows scaled to length 1: y = x / max(|x|, 1e-6), as tf.math.l2_normalize (which takes the square
 * root of max(|x|^2, 1e-12)). A sum over a row runs in TD_LANES lanes, then over them in order.
 * All functions are Local; matrices are (rows, width). */
#ifndef TD_MODEL_L2_H
#define TD_MODEL_L2_H

#include <stddef.h>

void td_l2_forward(size_t rows, size_t width, const float *x, float *y);

/* dx = (dy - y (y . dy)) / |x|. A row at or below the bound gets no gradient: TensorFlow's, dy /
 * 1e-6, would be a million times any other wherever a row of zeros comes out of dead ReLUs. */
void td_l2_backward(size_t rows, size_t width, const float *x, const float *y, const float *dy,
                    float *dx);

#endif
