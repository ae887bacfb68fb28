/* What one thread collects of a step: every sum that a tile adds to, so that a tile's may also go
 * to a place of their own.
 *
 * Sums of dense tensors and of losses are the thread's own and are merged when the tiles are done;
 * those of tables (row_sums.h) and of columns are shared by the threads. The largest |term| of
 * every sum is kept for the verdict on the range, which is made once a step over all ranks. All
 * functions are Local.
 */
#ifndef TD_MODEL_GRADIENTS_H
#define TD_MODEL_GRADIENTS_H

#include "math/kernels.h"
#include "model/column_sums.h"
#include "model/parameters.h"
#include "model/row_cache.h"
#include "model/row_sums.h"

typedef struct {
    const td_kernels *kernels;
    const td_parameters *parameters;
    size_t tasks;
    td_exact *dense;       /* (dense_size), of this thread, */
    bool *has_dense;       /* (tensors): with terms; the sums of others are 0, whatever is there */
    td_exact *losses;      /* (tasks), likewise */
    td_magnitude *largest; /* (td_terms), likewise */
    int *exponents; /* (td_terms): sums are in units of 2^-exponent; those of tables have theirs,
                       too (row_sums.h) */
    td_row_sums *tables;     /* by tensor, shared; unused for dense tensors */
    td_row_cache rows;       /* of this thread, on their way to one of these */
    td_column_sums *columns; /* dV of the group, shared by the workers of a node, */
    size_t worker;           /* of which this is one */
} td_gradients;

/* Makes the sums that are the thread's own, of 0, in the finest units; td_gradients_free frees
 * them. */
td_gradients td_gradients_create(const td_kernels *kernels, const td_parameters *parameters,
                                 size_t tasks, td_row_sums *tables);
void td_gradients_free(td_gradients *gradients);

/* Sets them to 0. */
void td_gradients_clear(td_gradients *gradients);

/* Places among the largest terms: those of tensor i at i, then dU, dV, and each task's loss. */
static inline size_t td_term_du(const td_parameters *parameters)
{
    return parameters->count;
}

static inline size_t td_term_dv(const td_parameters *parameters)
{
    return parameters->count + 1;
}

static inline size_t td_term_loss(const td_parameters *parameters, size_t task)
{
    return parameters->count + 2 + task;
}

/* The number of largest terms. */
static inline size_t td_terms(const td_parameters *parameters, size_t tasks)
{
    return td_term_loss(parameters, tasks);
}

/* The finest unit of a term's sums is 2^-exponent; losses have another than gradients. */
static inline bool td_term_is_loss(const td_parameters *parameters, size_t term)
{
    return term >= td_term_loss(parameters, 0);
}

static inline int td_term_exponent(const td_parameters *parameters, size_t term)
{
    return td_term_is_loss(parameters, term) ? TD_EXACT_TOTAL : TD_EXACT_GRADIENT;
}

/* Sets the units: coarser than the finest by so many powers of two (td_terms). */
void td_gradients_set_units(td_gradients *gradients, const int *coarser);

/* Notes a term's size. */
static inline void td_gradients_note(td_gradients *gradients, size_t term, td_magnitude size)
{
    if (size > gradients->largest[term])
        gradients->largest[term] = size;
}

/* Adds a row's loss to a task's. */
static inline void td_gradients_add_loss(td_gradients *gradients, size_t task, float loss)
{
    const size_t term = td_term_loss(gradients->parameters, task);
    const td_magnitude size = gradients->kernels->exact_add(gradients->exponents[term], 1, &loss,
                                                            &gradients->losses[task]);
    td_gradients_note(gradients, term, size);
}

/* Adds terms to the gradients dV of count columns from column first on, which are in one tile. */
void td_gradients_add_dv(td_gradients *gradients, size_t first, size_t count, const float *terms);

/* Adds a tile's gradient of a whole dense tensor to this thread's sums. */
void td_gradients_add_dense(td_gradients *gradients, size_t tensor, const float *terms);

#endif
