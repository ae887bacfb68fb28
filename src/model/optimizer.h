/* Adagrad, SGD and Adam, as Keras defines them (tf_keras/optimizers):
 *
 *     Adagrad  a += g g;                          w -= rate g / sqrt(a + epsilon)
 *     SGD                                         w -= rate g
 *     Adam     m += (g - m)(1 - beta_1);  v += (g g - v)(1 - beta_2)
 *              w -= alpha m / (sqrt(v) + epsilon),  alpha = rate sqrt(1 - beta_2^t) / (1 -
 * beta_1^t)
 *
 * for dense tensors, and for the touched rows of tables with g the whole step's gradient of the
 * row. Adam moves the untouched rows as well (g = 0), unless it is lazy. Before that, of kernels of
 * layers and rows of tables, not of layers' biases, with w as the step found it:
 *
 *     L2             g += l2 w, of touched rows: the loss has l2 |w|^2 / 2 of them besides
 *     clipping       g *= min(1, clip_norm / |g|), |g| over everything (gradient_norm.h)
 *     weight decay   w -= rate weight_decay w
 *
 * Weight decay, decoupled from the gradient (Loshchilov and Hutter, ICLR 2019), is of every row
 * that has left its start, touched or not, and of touched ones. A row that nothing named yet stays
 * at its start to the bit: by that it is known (run/untrained_rows.h). Every element is a fixed
 * chain of IEEE operations. All functions are Local; threads share the work.
 */
#ifndef TD_MODEL_OPTIMIZER_H
#define TD_MODEL_OPTIMIZER_H

#include "model/parameters.h"
#include "model/row_sums.h"
#include "tandem/config.h"

typedef struct {
    int kind;   /* TD_ADAGRAD, TD_SGD, TD_ADAM */
    float rate; /* Adam: alpha of the step */
    float epsilon;
    float rest_1; /* 1 - beta_1 */
    float rest_2; /* 1 - beta_2 */
    bool lazy;
    uint64_t seed; /* of the parameters' start */
    float l2;
    float decay;  /* what a step takes of w: rate weight_decay */
    float clip;   /* the factor of this step's gradients; 1: they are not too large */
    bool adjusts; /* one of the three does something */
} td_optimizer;

/* Returns the optimizer of a step, counted from 1, by which its learning rate goes
 * (learning_rate.h); its state counts so many updates from before. */
td_optimizer td_optimizer_of_step(const td_config *config, int64_t step, int64_t updates);

/* Makes a step's gradients count by a factor, that of clipping. */
void td_optimizer_clip(td_optimizer *optimizer, float factor);

/* How many blocks of state an optimizer keeps beside the parameters, and their names. */
size_t td_optimizer_states(int kind);
const char *td_optimizer_state_name(int kind, size_t state);

/* Tells whether an update changes dense tensors that have no gradient, too. */
bool td_optimizer_changes_all(const td_optimizer *optimizer);

/* Updates the dense tensors from their gradients (dense_size), zeros for those that has_gradient
 * (tensors) says have none. The threads of a team that call it together share the work and do not
 * wait for one another, as in the next. */
void td_optimizer_update_dense(const td_optimizer *optimizer, td_parameters *parameters,
                               const float *gradient, const bool *has_gradient);

/* Updates the held rows of a table from the sums of the touched ones. at_start (held rows), for
 * weight decay, says of which rows every bit is that of their start, and is kept up to date; NULL
 * without weight decay. */
void td_optimizer_update_table(const td_optimizer *optimizer, td_parameters *parameters,
                               size_t tensor, const td_row_sums *sums, uint8_t *at_start);

#endif
