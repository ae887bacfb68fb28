/* Layers in a row, one kind after another: what towers and the rating head are made of.
 *
 * A kind of layer is a row of the table in layers.c: how to bring it up to date, forward, backward.
 * All functions are Local; one tile at a time, of at most TD_TILE_ROWS rows; matrices are
 * contiguous (rows, width).
 */
#ifndef TD_MODEL_LAYERS_H
#define TD_MODEL_LAYERS_H

#include "model/dense.h"
#include "model/dropout.h"
#include "tandem/config.h"

typedef struct td_layer_kind td_layer_kind;

typedef struct {
    const td_layer_kind *kind;
    size_t inputs;
    size_t units;
    td_dense dense;     /* of a dense layer */
    td_dropout dropout; /* of a layer that drops */
} td_layer;

typedef struct {
    size_t inputs;  /* of the first layer */
    size_t learned; /* the first of them: those with parameters behind them */
    size_t width;   /* of the last one's output; inputs if there is none */
    size_t count;
    size_t denses;   /* of them that are dense */
    size_t spare;    /* floats of a scratch's terms behind (TD_TILE_ROWS, inputs), for who reads */
    td_layer *layer; /* (count) */
} td_layers;

/* A thread's memory for one tile's way through the layers. */
typedef struct {
    size_t count;
    td_draws draws; /* of the tile: what layers drop; whoever gives x[0] sets it */
    float *apart;   /* (TD_TILE_ROWS): what td_layers_add_apart puts behind each row, which whoever
                       gives x[0] sets; on the way back its gradient */
    float **x;      /* (count + 1): x[0] the input, x[l + 1] the output of layer l */
    float *dx;      /* gradients on their way back, in turns */
    float *dy;
    float *terms; /* of one dense layer, or (TD_TILE_ROWS, inputs) and what is spare */
} td_layers_scratch;

/* Starts with no layer; td_layers_free frees what is added. Nobody asks for the gradients of inputs
 * after the first learned ones. */
td_layers td_layers_create(size_t inputs, size_t learned);
void td_layers_free(td_layers *layers);

/* Adds a dense layer, its tensors named prefix_<place among dense ones>/kernel and /bias. */
void td_layers_add_dense(td_layers *layers, const char *prefix, size_t units, bool relu,
                         td_parameters *parameters);

/* Adds dropout of a share, unless that is 0, drawn by the name prefix_<place>/dropout, the place
 * being that of the dense layer before it. */
void td_layers_add_dropout(td_layers *layers, const char *prefix, double share);

/* Adds y = x / |x|. */
void td_layers_add_l2(td_layers *layers);

/* Adds y = [x | what stands apart]. */
void td_layers_add_apart(td_layers *layers);

/* As td_dense_refresh, of all layers. */
void td_layers_refresh(td_layers *layers, const td_parameters *parameters, const bool *changed);

/* Gives the layers what kernels that round need; these stay the caller's, and train the layers. */
void td_layers_round(td_layers *layers, const td_kernels *rounding);

/* td_layers_scratch_free frees the scratch. */
td_layers_scratch td_layers_scratch_create(const td_layers *layers);
void td_layers_scratch_free(td_layers_scratch *scratch);

/* Takes scratch->x[0] (rows, inputs) and its draws, and returns the output (rows, width), in
 * scratch. */
const float *td_layers_forward(const td_layers *layers, const td_kernels *kernels,
                               const td_parameters *parameters, size_t rows,
                               td_layers_scratch *scratch);

/* Adds the gradients of the tile whose forward pass is in scratch, from that of its output, and
 * returns the gradient of its input (rows, inputs), its learned columns, in scratch. */
const float *td_layers_backward(const td_layers *layers, size_t rows, const float *doutput,
                                td_layers_scratch *scratch, td_gradients *gradients);

#endif
