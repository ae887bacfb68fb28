/* The rating task: a head on the two embeddings, and the mean squared error of its predictions.
 *
 *     x_i = [u_i | v_i];   p_i = head(x_i);   loss = sum_i (p_i - y_i)^2, reported per row
 *     d (weight loss / B) / d p_i = 2 weight (p_i - y_i) / B
 *
 * Source: TFRS tasks/ranking.py with Keras's MeanSquaredError (the multitask tutorial). The
 * embeddings' gradients of rows with the same item are summed in the tile first, then exactly. All
 * functions are Local; one row tile at a time per thread.
 */
#ifndef TD_MODEL_RATING_H
#define TD_MODEL_RATING_H

#include "base/locks.h"
#include "model/columns.h"
#include "model/layers.h"

#include <stdint.h>

typedef struct {
    const td_layers *head; /* inputs 2 width, output 1 */
    const td_columns *columns;
    float scale; /* 2 weight / B */
    td_exact *dv;
    td_locks *locks; /* by column tile, as the retrieval task's */
} td_rating;

typedef struct {
    td_layers_scratch layers;
    float *prediction_gradient; /* (TD_TILE_ROWS) */
    float *dv;                  /* (TD_TILE_ROWS, width) */
} td_rating_scratch;

td_rating_scratch td_rating_scratch_create(const td_layers *head);
void td_rating_scratch_free(td_rating_scratch *scratch);

/* Returns the predicted ratings (rows) of embeddings u and v, rows v_row[i] of it for row i; v_row
 * NULL: row i. In scratch. */
const float *td_rating_predict(const td_layers *head, const td_kernels *kernels,
                               const td_parameters *parameters, size_t rows, const float *u,
                               const float *v, const int32_t *v_row, td_layers_scratch *scratch);

/* Takes rows embeddings u (rows, width), each row's own column and rating. Adds the tile's loss to
 * *loss (TD_EXACT_TOTAL) and the gradients of the head; adds to du (rows, width) and to task->dv.
 * With du NULL only the loss is computed. */
void td_rating_tile(const td_rating *task, size_t rows, const float *u, const int32_t *own,
                    const float *ratings, td_rating_scratch *scratch, float *du, td_exact *loss,
                    td_gradients *gradients);

#endif
