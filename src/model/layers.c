/* The table of layer kinds, and the way through them. */
#include "model/layers.h"

#include "base/memory.h"
#include "base/range.h"
#include "model/l2.h"

#include <stdio.h>
#include <string.h>

struct td_layer_kind {
    void (*refresh)(td_layer *layer, const td_parameters *parameters, const bool *changed);
    void (*forward)(const td_layer *layer, const td_kernels *kernels,
                    const td_parameters *parameters, size_t rows, td_layers_scratch *scratch,
                    size_t place);
    void (*backward)(const td_layer *layer, size_t rows, td_layers_scratch *scratch, size_t place,
                     td_gradients *gradients);
    void (*release)(td_layer *layer);
};

static void dense_refresh(td_layer *layer, const td_parameters *parameters, const bool *changed)
{
    td_dense_refresh(&layer->dense, parameters, changed);
}

static void dense_forward(const td_layer *layer, const td_kernels *kernels,
                          const td_parameters *parameters, size_t rows, td_layers_scratch *s,
                          size_t place)
{
    td_dense_forward(&layer->dense, kernels, parameters, rows, s->x[place], s->terms,
                     s->x[place + 1]);
}

static void dense_backward(const td_layer *layer, size_t rows, td_layers_scratch *s, size_t place,
                           td_gradients *gradients)
{
    td_dense_backward(&layer->dense, rows, s->x[place], s->x[place + 1], s->dy, s->dx, s->terms,
                      gradients);
}

static void dense_release(td_layer *layer)
{
    td_dense_free(&layer->dense);
}

static void l2_forward(const td_layer *layer, const td_kernels *kernels,
                       const td_parameters *parameters, size_t rows, td_layers_scratch *s,
                       size_t place)
{
    (void)kernels;
    (void)parameters;
    td_l2_forward(rows, layer->units, s->x[place], s->x[place + 1]);
}

static void l2_backward(const td_layer *layer, size_t rows, td_layers_scratch *s, size_t place,
                        td_gradients *gradients)
{
    (void)gradients;
    td_l2_backward(rows, layer->units, s->x[place], s->x[place + 1], s->dy, s->dx);
}

/* x_(l + 1) = x_l f in training, else x_l */
static void dropout_forward(const td_layer *layer, const td_kernels *kernels,
                            const td_parameters *parameters, size_t rows, td_layers_scratch *s,
                            size_t place)
{
    (void)kernels;
    (void)parameters;
    if (s->draws.step > 0)
        td_dropout_apply(&layer->dropout, &s->draws, rows, layer->units, s->x[place],
                         s->x[place + 1], layer->units);
    else
        memcpy(s->x[place + 1], s->x[place], rows * layer->units * sizeof **s->x);
}

/* dx = dy f */
static void dropout_backward(const td_layer *layer, size_t rows, td_layers_scratch *s, size_t place,
                             td_gradients *gradients)
{
    (void)place;
    (void)gradients;
    td_dropout_apply(&layer->dropout, &s->draws, rows, layer->units, s->dy, s->dx, layer->units);
}

/* x_(l + 1) (rows, units + 1) = [x_l | apart] */
static void apart_forward(const td_layer *layer, const td_kernels *kernels,
                          const td_parameters *parameters, size_t rows, td_layers_scratch *s,
                          size_t place)
{
    (void)kernels;
    (void)parameters;
    for (size_t i = 0; i < rows; i++) {
        float *y = s->x[place + 1] + i * layer->units;
        memcpy(y, s->x[place] + i * layer->inputs, layer->inputs * sizeof *y);
        y[layer->inputs] = s->apart[i];
    }
}

/* [dx | dapart] = dy */
static void apart_backward(const td_layer *layer, size_t rows, td_layers_scratch *s, size_t place,
                           td_gradients *gradients)
{
    (void)place;
    (void)gradients;
    for (size_t i = 0; i < rows; i++) {
        const float *dy = s->dy + i * layer->units;
        memcpy(s->dx + i * layer->inputs, dy, layer->inputs * sizeof *dy);
        s->apart[i] = dy[layer->inputs];
    }
}

static const td_layer_kind dense_kind = {dense_refresh, dense_forward, dense_backward,
                                         dense_release};
static const td_layer_kind l2_kind = {NULL, l2_forward, l2_backward, NULL};
static const td_layer_kind dropout_kind = {NULL, dropout_forward, dropout_backward, NULL};
static const td_layer_kind apart_kind = {NULL, apart_forward, apart_backward, NULL};

td_layers td_layers_create(size_t inputs, size_t learned)
{
    return (td_layers){.inputs = inputs, .learned = learned, .width = inputs};
}

void td_layers_free(td_layers *layers)
{
    for (size_t l = 0; l < layers->count; l++)
        if (layers->layer[l].kind->release)
            layers->layer[l].kind->release(&layers->layer[l]);
    td_free(layers->layer);
}

static td_layer *add(td_layers *layers, const td_layer_kind *kind, size_t units)
{
    layers->layer = td_grow(layers->layer, layers->count, sizeof *layers->layer);
    td_layer *layer = &layers->layer[layers->count++];
    *layer = (td_layer){.kind = kind, .inputs = layers->width, .units = units};
    layers->width = units;
    return layer;
}

void td_layers_add_dense(td_layers *layers, const char *prefix, size_t units, bool relu,
                         td_parameters *parameters)
{
    char *group = td_print_text("%s_%zu", prefix, layers->denses++);
    td_layer *layer = add(layers, &dense_kind, units);
    layer->dense = td_dense_declare(group, layer->inputs, units, relu, parameters);
    if (layers->count == 1)
        layer->dense.learned = layers->learned;
    td_free(group);
}

void td_layers_add_dropout(td_layers *layers, const char *prefix, double share)
{
    if (share <= 0)
        return;
    char *group = td_print_text("%s_%zu", prefix, layers->denses);
    td_layer *layer = add(layers, &dropout_kind, layers->width);
    layer->dropout = td_dropout_of(share, group, "dropout");
    td_free(group);
}

void td_layers_add_l2(td_layers *layers)
{
    add(layers, &l2_kind, layers->width);
}

void td_layers_add_apart(td_layers *layers)
{
    add(layers, &apart_kind, layers->width + 1);
}

void td_layers_refresh(td_layers *layers, const td_parameters *parameters, const bool *changed)
{
    for (size_t l = 0; l < layers->count; l++)
        if (layers->layer[l].kind->refresh)
            layers->layer[l].kind->refresh(&layers->layer[l], parameters, changed);
}

void td_layers_round(td_layers *layers, const td_kernels *rounding)
{
    for (size_t l = 0; l < layers->count; l++)
        if (layers->layer[l].kind == &dense_kind)
            td_dense_round(&layers->layer[l].dense, rounding);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* x_l (TD_TILE_ROWS, units of layer l - 1); dx, dy as wide as the widest */
td_layers_scratch td_layers_scratch_create(const td_layers *layers)
{
    td_layers_scratch scratch = {.count = layers->count, .x = TD_NEW(float *, layers->count + 1)};
    size_t widest = layers->inputs, terms = TD_TILE_ROWS * layers->inputs + layers->spare;
    scratch.x[0] = TD_NEW(float, TD_TILE_ROWS * layers->inputs);
    for (size_t l = 0; l < layers->count; l++) {
        const td_layer *layer = &layers->layer[l];
        scratch.x[l + 1] = TD_NEW(float, TD_TILE_ROWS * layer->units);
        widest = larger(widest, layer->units);
        if (layer->kind == &dense_kind)
            terms = larger(terms, td_dense_scratch(&layer->dense));
    }
    scratch.dx = TD_NEW(float, TD_TILE_ROWS *widest);
    scratch.dy = TD_NEW(float, TD_TILE_ROWS *widest);
    scratch.terms = TD_NEW(float, terms);
    scratch.apart = TD_NEW(float, TD_TILE_ROWS);
    return scratch;
}

void td_layers_scratch_free(td_layers_scratch *scratch)
{
    for (size_t l = 0; scratch->x && l <= scratch->count; l++)
        td_free(scratch->x[l]);
    td_free(scratch->x);
    td_free(scratch->dx);
    td_free(scratch->dy);
    td_free(scratch->terms);
    td_free(scratch->apart);
}

/* x_(l + 1) = layer_l(x_l) */
const float *td_layers_forward(const td_layers *layers, const td_kernels *kernels,
                               const td_parameters *parameters, size_t rows,
                               td_layers_scratch *scratch)
{
    for (size_t l = 0; l < layers->count; l++) {
        const td_layer *layer = &layers->layer[l];
        layer->kind->forward(layer, kernels, parameters, rows, scratch, l);
    }
    return scratch->x[layers->count];
}

/* dx_l from dx_(l + 1), which take turns in two buffers */
const float *td_layers_backward(const td_layers *layers, size_t rows, const float *doutput,
                                td_layers_scratch *scratch, td_gradients *gradients)
{
    memcpy(scratch->dx, doutput, rows * layers->width * sizeof *doutput);
    for (size_t l = layers->count; l-- > 0;) {
        float *dy = scratch->dx;
        scratch->dx = scratch->dy;
        scratch->dy = dy;
        layers->layer[l].kind->backward(&layers->layer[l], rows, scratch, l, gradients);
    }
    return scratch->dx;
}
