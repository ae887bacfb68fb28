/* A head task: layers on the two embeddings and on features of rows, biases, and a loss of their
 * output against a label.
 *
 *     x_i = [u_i | v_i], u_i * v_i by element, or [u_i | v_i | u_i * v_i]; then the row's features
 *     p_i = head(x_i) + bias of the user + bias of the item;   loss = sum_i w_i value(p_i, y_i)
 *     d (scale loss) / d p_i = scale w_i slope(p_i, y_i)
 *
 * Source: TFRS tasks/ranking.py with Keras's losses (the multitask tutorial's is mse). The
 * gradients of embeddings and biases of rows with the same item, or user, are summed in the tile
 * first, then exactly. All functions are Local; one row tile at a time per thread.
 */
#ifndef TD_MODEL_HEAD_H
#define TD_MODEL_HEAD_H

#include "model/columns.h"
#include "model/layers.h"
#include "model/loss.h"
#include "model/reader.h"
#include "model/task.h"

#include <stdint.h>

/* What a head is made of. */
typedef struct {
    td_layers layers; /* output 1 */
    int input;        /* TD_INPUT_CONCAT .. */
    size_t width;     /* of what it reads of an embedding: but for a bias, the last coordinate */
    size_t stride;    /* of an embedding */
    td_reader reads;  /* features of rows, after them */
    int biases[2];    /* tensors (ids, 1), by user and by item; or TD_NO_TENSOR */
} td_head_net;

/* Declares the net of a task that is a head, for embeddings of a width without a bias, with the
 * spec's users, items and features of task number k; td_head_net_free frees it. */
td_head_net td_head_net_declare(const td_task *task, size_t k, size_t width, const td_spec *spec,
                                td_parameters *parameters);
void td_head_net_free(td_head_net *net);

/* Returns what a head reads of rows, each of which is a query's; views (reads.count) are filled. */
td_inputs td_head_inputs(const td_head_net *net, const td_queries *queries, td_field_view *views);

/* What all row tiles of a step share. */
typedef struct {
    size_t task; /* its number */
    const td_loss *loss;
    float delta; /* of the loss */
    const td_head_net *net;
    const td_columns *columns;
    float scale; /* weight of the loss, over the rows that train it if it is their mean */
} td_head;

typedef struct {
    td_layers_scratch layers;
    float *slopes; /* (TD_TILE_ROWS): of the predictions */
    float *terms;  /* (TD_TILE_ROWS, width): of each row's v */
    float *dv;     /* (TD_TILE_ROWS, width) */
} td_head_scratch;

td_head_scratch td_head_scratch_create(const td_head_net *net);
void td_head_scratch_free(td_head_scratch *scratch);

/* Rows to predict. */
typedef struct {
    size_t count;
    const float *u; /* (count, width) */
    const float *v; /* row v_row[i] of it belongs to row i, or row i if v_row is NULL */
    const int32_t *v_row;
    const int32_t *users; /* (count): ids, and of items; NULL for a head without biases */
    const int32_t *items;
    td_inputs inputs; /* (count): of what the head reads besides, any for one that reads nothing,
                         and with its draws */
} td_head_rows;

/* Returns the predictions (count), in scratch. */
const float *td_head_predict(const td_head_net *net, const td_kernels *kernels,
                             const td_parameters *parameters, const td_head_rows *rows,
                             td_layers_scratch *scratch);

/* As td_reader_touch, of biases and features. */
void td_head_touch(const td_head_net *net, size_t count, const int32_t *users, const int32_t *items,
                   const td_inputs *inputs, size_t tensor, td_row_sums *tables);

/* Adds the rows' loss, and the gradients of the head and of columns, to gradients; adds to du
 * (count, width). With du NULL only the loss is computed. */
void td_head_tile(const td_head *head, const td_task_rows *rows, td_head_scratch *scratch,
                  float *du, td_gradients *gradients);

#endif
