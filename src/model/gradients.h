/* What one thread collects of a step's gradient, in exact sums.
 *
 * Dense tensors' sums are the thread's own and are merged when the tiles are done; tables' sums
 * are shared (row_sums.h). The largest |term| of every sum is kept for the verdict on the range,
 * which is made once a step over all ranks: one entry per tensor, then those of td_term.
 */
#ifndef TD_MODEL_GRADIENTS_H
#define TD_MODEL_GRADIENTS_H

#include "math/kernels.h"
#include "model/parameters.h"
#include "model/row_sums.h"

/* Largest terms besides the tensors', by place from TD_TENSORS_MAX on. */
typedef enum {
    TD_TERM_DU = TD_TENSORS_MAX,
    TD_TERM_DV,
    TD_TERM_LOSS,
    TD_TERM_RATING_LOSS,
    TD_TERMS
} td_term;

typedef struct {
    const td_kernels *kernels;
    const td_parameters *parameters;
    td_exact *dense;     /* (dense_size), of this thread */
    td_row_sums *tables; /* by tensor, shared by the threads; unused for dense tensors */
    td_magnitude largest[TD_TERMS];
} td_gradients;

/* Local. Notes a term's size. */
static inline void td_gradients_note(td_gradients *gradients, size_t term, td_magnitude size)
{
    if (size > gradients->largest[term])
        gradients->largest[term] = size;
}

/* Local. Adds a tile's gradient of a whole dense tensor to this thread's sums. */
static inline void td_gradients_add_dense(td_gradients *gradients, size_t tensor,
                                          const float *terms)
{
    const td_tensor *t = &gradients->parameters->tensor[tensor];
    td_magnitude size = gradients->kernels->exact_add(TD_EXACT_GRADIENT, t->rows * t->columns,
                                                      terms, gradients->dense + t->offset);
    td_gradients_note(gradients, tensor, size);
}

#endif
