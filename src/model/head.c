/* A head on tiles of rows. */
#include "model/head.h"

#include "base/memory.h"
#include "base/range.h"
#include "model/grouping.h"

#include <string.h>

td_head_scratch td_head_scratch_create(const td_layers *layers)
{
    return (td_head_scratch){
        .layers = td_layers_scratch_create(layers),
        .slopes = TD_NEW(float, TD_TILE_ROWS),
        .dv = TD_NEW(float, TD_TILE_ROWS * layers->inputs),
    };
}

void td_head_scratch_free(td_head_scratch *scratch)
{
    td_layers_scratch_free(&scratch->layers);
    td_free(scratch->slopes);
    td_free(scratch->dv);
}

/* x (rows, 2 width) = [u | v], p (rows) = head(x) */
const float *td_head_predict(const td_layers *layers, const td_kernels *kernels,
                             const td_parameters *parameters, size_t rows, const float *u,
                             const float *v, const int32_t *v_row, td_layers_scratch *scratch)
{
    const size_t width = layers->inputs / 2;
    for (size_t i = 0; i < rows; i++) {
        const size_t place = v_row ? (size_t)v_row[i] : i;
        float *x = scratch->x[0] + i * 2 * width;
        memcpy(x, u + i * width, width * sizeof *x);
        memcpy(x + width, v + place * width, width * sizeof *x);
    }
    return td_layers_forward(layers, kernels, parameters, rows, scratch);
}

/* du (rows, width) += the first half of dx (rows, 2 width) */
static void add_du(size_t rows, size_t width, const float *dx, float *du)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < width; k++)
            du[i * width + k] += dx[i * 2 * width + k];
}

/* dv[own_i] += the other half of dx_i: rows of one column in the tile first, then exactly. */
static void add_dv(size_t rows, size_t width, const int32_t *own, const float *dx, float *scratch,
                   td_gradients *gradients)
{
    td_grouping grouping;
    td_group_by_id(rows, own, &grouping);
    td_group_sum(&grouping, rows, width, dx + width, 2 * width, scratch);
    for (size_t g = 0; g < grouping.count; g++)
        td_gradients_add_dv(gradients, (size_t)own[grouping.first[g]], 1, width,
                            scratch + g * width);
}

void td_head_tile(const td_head *head, const td_task_rows *rows, td_head_scratch *scratch,
                  float *du, td_gradients *gradients)
{
    const size_t n = rows->count, width = head->columns->width;
    const float *p = td_head_predict(head->layers, gradients->kernels, gradients->parameters, n,
                                     rows->u, head->columns->v, rows->own, &scratch->layers);
    /* loss += w_i value(p_i, y_i); dp_i = scale w_i slope(p_i, y_i) */
    for (size_t i = 0; i < n; i++) {
        const float y = rows->labels[i], w = rows->weights[i];
        td_gradients_add_loss(gradients, head->task, w * head->loss->value(p[i], y));
        scratch->slopes[i] = head->scale * w * head->loss->slope(p[i], y);
    }
    if (!du)
        return;
    const float *dx =
        td_layers_backward(head->layers, n, scratch->slopes, &scratch->layers, gradients);
    add_du(n, width, dx, du);
    add_dv(n, width, rows->own, dx, scratch->dv, gradients);
}
