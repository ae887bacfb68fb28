/* All parameters of a model in one block, and the optimizer's state in others of the same shape,
 * so that updating, reducing and saving are one call each.
 *
 * A tensor is a matrix (rows, columns), row-major. Dense tensors (kernels, biases) come first in
 * the block, so that their gradients are one contiguous array; tables follow, whose gradients
 * touch few rows a step (row_sums.h). Of a table, a process may hold some rows only; a row's number
 * is the table's in any case, and its start is what it would be elsewhere. All functions are Local.
 */
#ifndef TD_MODEL_PARAMETERS_H
#define TD_MODEL_PARAMETERS_H

#include "base/log.h"
#include "base/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_STATES_MAX = 2, TD_NO_TENSOR = -1 };

typedef struct {
    char *name; /* "user_table/weight": unique, and the name in checkpoints */
    size_t rows;
    size_t columns;
    bool is_table;
    bool is_owned;         /* every row of the table is held by one process alone */
    td_range held;         /* the rows that are here: all, unless the table is owned */
    float limit;           /* initial values are uniform in [-limit, limit); 0 for zeros */
    size_t offset;         /* of the first held element in the block */
    float *values;         /* of the first held row: in the block, or where a window put them */
    const int32_t *places; /* (rows): of a window on rows here and there, where each is in values;
                              NULL: held rows one after the other */
} td_tensor;

typedef struct {
    size_t count;
    td_tensor *tensor; /* (count) */
    size_t dense_size; /* elements of all dense tensors: [0, dense_size) of the block */
    size_t size;       /* elements of the block: all that is held */
    float *values;
    size_t states;
    float *state[TD_STATES_MAX]; /* the optimizer's, each a block of the same shape */
} td_parameters;

/* Declares a tensor and returns its place in the list. Its name is group/part. */
size_t td_parameters_declare(td_parameters *parameters, const char *group, const char *part,
                             size_t rows, size_t columns, bool is_table, float limit);

/* Returns the place of the table group/weight, declared by the first call for it: its initial
 * values are those of Keras's Embedding. */
size_t td_parameters_declare_table(td_parameters *parameters, const char *group, size_t rows,
                                   size_t columns);

/* Makes a declared table owned, with these rows of it here. */
void td_parameters_own(td_parameters *parameters, size_t tensor, td_range held);

/* Lays the declared tensors out and allocates the block and those of so many states;
 * td_parameters_free frees them. */
void td_parameters_allocate(td_parameters *parameters, size_t states);
void td_parameters_free(td_parameters *parameters);

/* Sets the start of training: element (r, c) of a tensor is a pure function of (seed, name, r, c),
 * and every element of the optimizer's state is state. */
void td_parameters_initialize(td_parameters *parameters, uint64_t seed, float state);

/* Sets values (columns) to the start of a row of a tensor. */
void td_tensor_start(const td_tensor *tensor, uint64_t seed, int64_t row, float *values);

/* Returns the first value of a tensor: of its first held row. */
float *td_parameters_values(const td_parameters *parameters, size_t tensor);

/* Returns the values (columns) of a row, which must be held. */
static inline const float *td_parameters_row(const td_parameters *parameters, size_t tensor,
                                             int64_t row)
{
    const td_tensor *t = &parameters->tensor[tensor];
    const int64_t place = t->places ? t->places[row] : row - t->held.first;
    TD_ASSERT(place >= 0 && (t->places || place < t->held.count));
    return t->values + (size_t)place * t->columns;
}

/* Returns where a held row begins in the blocks, values and states. */
static inline size_t td_tensor_place(const td_tensor *tensor, int64_t row)
{
    return tensor->offset + (size_t)(row - tensor->held.first) * tensor->columns;
}

/* The number of elements that are held of a tensor. */
static inline size_t td_tensor_size(const td_tensor *tensor)
{
    return (size_t)tensor->held.count * tensor->columns;
}

/* Tells whether a dense tensor is the kernel of a layer, which L2 and decay pull to 0: neither
 * biases nor a temperature are. */
bool td_tensor_is_kernel(const td_tensor *tensor);

/* Finds a tensor by name; false if there is none. */
bool td_parameters_find(const td_parameters *parameters, const char *name, size_t *tensor);

/* Returns the tensor in which count elements of the blocks, values and states, from offset first
 * on, hold the first number that is none or infinite; NULL if all are finite. */
const td_tensor *td_parameters_find_infinite(const td_parameters *parameters, size_t first,
                                             size_t count);

#endif
