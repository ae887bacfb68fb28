/* A thread's sums. */
#include "model/gradients.h"

#include "base/memory.h"

#include <string.h>

static size_t widest_table(const td_parameters *parameters)
{
    size_t widest = 0;
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table && parameters->tensor[i].columns > widest)
            widest = parameters->tensor[i].columns;
    return widest;
}

td_gradients td_gradients_create(const td_kernels *kernels, const td_parameters *parameters,
                                 size_t tasks, td_row_sums *tables)
{
    TD_MEMORY_FOR("gradients of layers, of each thread",
                  "--threads, query.tower, candidate.tower, rating.hidden");
    const size_t terms = td_terms(parameters, tasks);
    td_gradients gradients = {.kernels = kernels,
                              .parameters = parameters,
                              .tasks = tasks,
                              .dense = TD_NEW(td_exact, parameters->dense_size),
                              .has_dense = TD_NEW(bool, parameters->count),
                              .losses = TD_NEW(td_exact, tasks),
                              .largest = TD_NEW(td_magnitude, terms),
                              .exponents = TD_NEW(int, terms),
                              .tables = tables,
                              .rows = td_row_cache_create(widest_table(parameters))};
    for (size_t k = 0; k < terms; k++)
        gradients.exponents[k] = td_term_exponent(parameters, k);
    return gradients;
}

void td_gradients_free(td_gradients *gradients)
{
    td_row_cache_free(&gradients->rows);
    td_free(gradients->dense);
    td_free(gradients->has_dense);
    td_free(gradients->losses);
    td_free(gradients->largest);
    td_free(gradients->exponents);
}

/* Many dense sums are cleared where they are needed: by the thread's first tile, not by a loop that
 * others wait for. */
void td_gradients_clear(td_gradients *gradients)
{
    const td_parameters *parameters = gradients->parameters;
    const size_t terms = td_terms(parameters, gradients->tasks);
    memset(gradients->has_dense, 0, parameters->count * sizeof *gradients->has_dense);
    memset(gradients->losses, 0, gradients->tasks * sizeof *gradients->losses);
    memset(gradients->largest, 0, terms * sizeof *gradients->largest);
}

void td_gradients_set_units(td_gradients *gradients, const int *coarser)
{
    for (size_t k = 0; k < td_terms(gradients->parameters, gradients->tasks); k++)
        gradients->exponents[k] = td_term_exponent(gradients->parameters, k) - coarser[k];
}

void td_gradients_add_dense(td_gradients *gradients, size_t tensor, const float *terms)
{
    const td_tensor *t = &gradients->parameters->tensor[tensor];
    const size_t n = t->rows * t->columns;
    td_exact *sums = gradients->dense + t->offset;
    if (!gradients->has_dense[tensor])
        memset(sums, 0, n * sizeof *sums);
    gradients->has_dense[tensor] = true;
    const td_magnitude size =
        gradients->kernels->exact_add(gradients->exponents[tensor], n, terms, sums);
    td_gradients_note(gradients, tensor, size);
}

/* dV (count, width) from column first on += terms */
void td_gradients_add_dv(td_gradients *gradients, size_t first, size_t count, const float *terms)
{
    const size_t term = td_term_dv(gradients->parameters);
    td_column_sums *columns = gradients->columns;
    td_exact *dv = td_column_sums_begin(columns, gradients->worker, first);
    const td_magnitude size = gradients->kernels->exact_add(gradients->exponents[term],
                                                            count * columns->width, terms, dv);
    td_column_sums_end(columns, gradients->worker, first);
    td_gradients_note(gradients, term, size);
}
