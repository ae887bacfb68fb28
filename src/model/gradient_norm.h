/* The norm of a step's whole gradient, exactly, for clipping by it: of the final gradients, with
 * L2's part, of all layers and of the rows of tables that the step touches.
 *
 *     |g|^2 = sum over tensors i of 2^-e_i sum_j round(2^e_i g_ij^2)
 *
 * g_ij is a float, its square exact in double; e_i follows the tensor's largest |g_ij|, so that the
 * sum is an integer that has room whatever the gradient's size is, and 31 bits or more for the
 * largest term. So ranks and threads add in any order to the same bits. Each rank counts the rows
 * that it owns, and its share of what every rank has. The factor is Keras's global_clipnorm's,
 * that is tf.clip_by_global_norm's. All functions are Local.
 */
#ifndef TD_MODEL_GRADIENT_NORM_H
#define TD_MODEL_GRADIENT_NORM_H

#include "model/parameters.h"
#include "model/row_sums.h"

/* What a rank has of the final gradient. */
typedef struct {
    const td_parameters *parameters;
    const float *dense;        /* (dense_size) */
    const td_row_sums *tables; /* by tensor: the touched rows; of owned tables the rank's own */
    float l2;
    int rank, size; /* of the communicator */
} td_final_gradient;

/* Sets largest (tensors) to the largest |g| of what this rank counts of each tensor. The sums below
 * want the largest of all ranks. */
void td_gradient_largest(const td_final_gradient *gradient, td_magnitude *largest);

/* Sets squares (tensors) to the sums of what this rank counts, in units that follow from largest.
 * Their sums over ranks make the norm. */
void td_gradient_squares(const td_final_gradient *gradient, const td_magnitude *largest,
                         td_exact *squares);

/* Returns the norm; NaN where a largest term is infinite or none. */
double td_gradient_norm(const td_parameters *parameters, const td_magnitude *largest,
                        const td_exact *squares);

/* Returns the factor of gradients of a norm that is to be at most clip: 1, or below. */
float td_gradient_clip(double norm, double clip);

#endif
