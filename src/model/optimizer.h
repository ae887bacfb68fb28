/* Adagrad, as Keras defines it (tf_keras optimizers/adagrad.py):
 *
 *     a += g g;   w -= rate g / sqrt(a + epsilon)
 *
 * for dense tensors, and for the touched rows of tables with g the whole step's gradient of the
 * row. Every element is a fixed chain of IEEE operations. All functions are Local; threads share
 * the work.
 */
#ifndef TD_MODEL_OPTIMIZER_H
#define TD_MODEL_OPTIMIZER_H

#include "model/parameters.h"
#include "model/row_sums.h"

typedef struct {
    float learning_rate;
    float epsilon;
} td_adagrad;

/* Updates all dense tensors from the exact sums of their gradients (dense_size). */
void td_adagrad_update_dense(const td_adagrad *adagrad, td_parameters *parameters,
                             const td_exact *gradient);

/* Updates the rows of a table that sums holds. */
void td_adagrad_update_rows(const td_adagrad *adagrad, td_parameters *parameters, size_t tensor,
                            const td_row_sums *sums);

#endif
