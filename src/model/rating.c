/* The rating head on tiles of rows. */
#include "model/rating.h"

#include "base/memory.h"
#include "base/tile.h"
#include "model/grouping.h"

#include <string.h>

td_rating_scratch td_rating_scratch_create(const td_layers *head)
{
    return (td_rating_scratch){
        .layers = td_layers_scratch_create(head),
        .prediction_gradient = TD_NEW(float, TD_TILE_ROWS),
        .dv = TD_NEW(float, TD_TILE_ROWS * head->inputs),
    };
}

void td_rating_scratch_free(td_rating_scratch *scratch)
{
    td_layers_scratch_free(&scratch->layers);
    td_free(scratch->prediction_gradient);
    td_free(scratch->dv);
}

const float *td_rating_predict(const td_layers *head, const td_kernels *kernels,
                               const td_parameters *parameters, size_t rows, const float *u,
                               const float *v, const int32_t *v_row, td_layers_scratch *scratch)
{
    const size_t width = head->inputs / 2;
    for (size_t i = 0; i < rows; i++) {
        const size_t place = v_row ? (size_t)v_row[i] : i;
        float *x = scratch->x[0] + i * 2 * width;
        memcpy(x, u + i * width, width * sizeof *x);
        memcpy(x + width, v + place * width, width * sizeof *x);
    }
    return td_layers_forward(head, kernels, parameters, rows, scratch);
}

static void add_du(size_t rows, size_t width, const float *dx, float *du)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < width; k++)
            du[i * width + k] += dx[i * 2 * width + k];
}

/* The half of dx that belongs to the items, into the shared sums of their columns. */
static void add_dv(const td_rating *task, size_t rows, const int32_t *own, const float *dx,
                   float *scratch, td_gradients *gradients)
{
    const size_t width = task->columns->width;
    td_grouping grouping;
    td_group_by_id(rows, own, &grouping);
    td_group_sum(&grouping, rows, width, dx + width, 2 * width, scratch);
    for (size_t g = 0; g < grouping.count; g++) {
        const size_t column = (size_t)own[grouping.first[g]];
        td_lock(task->locks, column / TD_COLUMN_TILE);
        td_magnitude size = gradients->kernels->exact_add(
            TD_EXACT_GRADIENT, width, scratch + g * width, task->dv + column * width);
        td_unlock(task->locks, column / TD_COLUMN_TILE);
        td_gradients_note(gradients, TD_TERM_DV, size);
    }
}

void td_rating_tile(const td_rating *task, size_t rows, const float *u, const int32_t *own,
                    const float *ratings, td_rating_scratch *scratch, float *du, td_exact *loss,
                    td_gradients *gradients)
{
    const td_kernels *kernels = gradients->kernels;
    const float *predictions = td_rating_predict(task->head, kernels, gradients->parameters, rows,
                                                 u, task->columns->v, own, &scratch->layers);
    for (size_t i = 0; i < rows; i++) {
        const float error = predictions[i] - ratings[i], square = error * error;
        scratch->prediction_gradient[i] = task->scale * error;
        td_gradients_note(gradients, TD_TERM_RATING_LOSS,
                          kernels->exact_add(TD_EXACT_TOTAL, 1, &square, loss));
    }
    if (!du)
        return;
    const float *dx = td_layers_backward(task->head, rows, scratch->prediction_gradient,
                                         &scratch->layers, gradients);
    add_du(rows, task->columns->width, dx, du);
    add_dv(task, rows, own, dx, scratch->dv, gradients);
}
