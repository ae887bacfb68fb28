/* Adagrad on pieces of the parameter block. */
#include "model/optimizer.h"

#include <math.h>

/* At most PIECE elements at a time, so that a gradient in floats fits a small buffer. */
enum { PIECE = 1024 };

static void update(const td_adagrad *adagrad, size_t n, const td_exact *sums, float *values,
                   float *accumulators)
{
    float gradient[PIECE];
    td_exact_to_float(TD_EXACT_GRADIENT, n, sums, gradient);
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        accumulators[i] += g * g;
        values[i] -= adagrad->learning_rate * g / sqrtf(accumulators[i] + adagrad->epsilon);
    }
}

static void update_range(const td_adagrad *adagrad, td_parameters *parameters, size_t offset,
                         size_t n, const td_exact *sums)
{
    for (size_t done = 0; done < n; done += PIECE)
        update(adagrad, n - done < PIECE ? n - done : PIECE, sums + done,
               parameters->values + offset + done, parameters->accumulators + offset + done);
}

void td_adagrad_update_dense(const td_adagrad *adagrad, td_parameters *parameters,
                             const td_exact *gradient)
{
    const size_t size = parameters->dense_size, pieces = (size + PIECE - 1) / PIECE;
#pragma omp parallel for
    for (size_t p = 0; p < pieces; p++) {
        size_t offset = p * PIECE;
        update_range(adagrad, parameters, offset, size - offset < PIECE ? size - offset : PIECE,
                     gradient + offset);
    }
}

void td_adagrad_update_rows(const td_adagrad *adagrad, td_parameters *parameters, size_t tensor,
                            const td_row_sums *sums)
{
    const size_t offset = parameters->tensor[tensor].offset, width = sums->width;
#pragma omp parallel for
    for (size_t s = 0; s < sums->count; s++)
        update_range(adagrad, parameters, offset + (size_t)sums->ids[s] * width, width,
                     sums->sums + s * width);
}
