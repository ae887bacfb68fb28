/* A head task: layers on the two embeddings, and a loss of their output against a label.
 *
 *     x_i = [u_i | v_i];   p_i = head(x_i);   loss = sum_i w_i value(p_i, y_i)
 *     d (scale loss) / d p_i = scale w_i slope(p_i, y_i)
 *
 * Source: TFRS tasks/ranking.py with Keras's losses (the multitask tutorial's is mse). The
 * embeddings' gradients of rows with the same item are summed in the tile first, then exactly. All
 * functions are Local; one row tile at a time per thread.
 */
#ifndef TD_MODEL_HEAD_H
#define TD_MODEL_HEAD_H

#include "model/columns.h"
#include "model/layers.h"
#include "model/loss.h"
#include "model/task.h"

#include <stdint.h>

/* What all row tiles of a step share. */
typedef struct {
    size_t task; /* its number */
    const td_loss *loss;
    const td_layers *layers; /* inputs 2 width, output 1 */
    const td_columns *columns;
    float scale; /* weight of the loss, over the rows that train it if it is their mean */
} td_head;

typedef struct {
    td_layers_scratch layers;
    float *slopes; /* (TD_TILE_ROWS): of the predictions */
    float *dv;     /* (TD_TILE_ROWS, width) */
} td_head_scratch;

td_head_scratch td_head_scratch_create(const td_layers *layers);
void td_head_scratch_free(td_head_scratch *scratch);

/* Returns the predictions (rows) for embeddings u and v, rows v_row[i] of it for row i; v_row NULL:
 * row i. In scratch. */
const float *td_head_predict(const td_layers *layers, const td_kernels *kernels,
                             const td_parameters *parameters, size_t rows, const float *u,
                             const float *v, const int32_t *v_row, td_layers_scratch *scratch);

/* Adds the rows' loss, and the gradients of the head and of columns, to gradients; adds to du
 * (count, width). With du NULL only the loss is computed. */
void td_head_tile(const td_head *head, const td_task_rows *rows, td_head_scratch *scratch,
                  float *du, td_gradients *gradients);

#endif
