/* A tower: features, concatenated or added, then dense layers (ReLU between, the last one linear),
 * then the normalization that the configuration asks for, in training and use or in training alone;
 * with no layers what the features give is the embedding. In training, dropout is after each ReLU
 * layer, and on the output before it is normalized. With retrieval.item_bias the embedding has one
 * coordinate more, the last: of a candidate b, its item's bias, of a query 1, so that the product
 * of both is u . v + b. All functions are Local; one tile at a time, of at most TD_TILE_ROWS rows.
 */
#ifndef TD_MODEL_TOWER_H
#define TD_MODEL_TOWER_H

#include "model/layers.h"
#include "model/reader.h"

typedef struct {
    td_side side;
    td_reader reads;
    td_layers layers;
    size_t training_layers; /* the last of them, so many, are for training alone */
    size_t width;           /* of the embedding */
    size_t biases;          /* of its coordinates, the last: 0 or 1 */
} td_tower;

/* A thread's memory for one tile's way through a tower. */
typedef td_layers_scratch td_tower_scratch;

/* Declares the tower that the configuration describes, with the spec's features of its side;
 * td_tower_free frees it. */
void td_tower_declare(td_tower *tower, td_side side, const td_config *config, const td_spec *spec,
                      td_parameters *parameters);
void td_tower_free(td_tower *tower);

/* As td_dense_refresh, of all layers. */
void td_tower_refresh(td_tower *tower, const td_parameters *parameters, const bool *changed);

/* td_tower_scratch_free frees the scratch. */
td_tower_scratch td_tower_scratch_create(const td_tower *tower);
void td_tower_scratch_free(td_tower_scratch *scratch);

/* As td_reader_touch. */
void td_tower_touch(const td_tower *tower, const td_inputs *inputs, size_t tensor,
                    td_row_sums *tables);

/* Returns the embeddings (count, width) that a tile trains with, in scratch. */
const float *td_tower_forward(const td_tower *tower, const td_kernels *kernels,
                              const td_parameters *parameters, const td_inputs *inputs,
                              td_tower_scratch *scratch);

/* The same in use: without the layers that are for training alone. */
const float *td_tower_embed(const td_tower *tower, const td_kernels *kernels,
                            const td_parameters *parameters, const td_inputs *inputs,
                            td_tower_scratch *scratch);

/* Adds the gradients of the tile whose forward pass is in scratch, from that of its embeddings
 * (count, width). */
void td_tower_backward(const td_tower *tower, const td_inputs *inputs, const float *dembedding,
                       td_tower_scratch *scratch, td_gradients *gradients);

#endif
