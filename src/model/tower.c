/* Features and layers in a row. */
#include "model/tower.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void declare_features(td_tower *tower, const td_int_list *choices, const td_config *config,
                             const td_sizes *sizes, td_parameters *parameters)
{
    for (size_t i = 0; i < choices->count; i++) {
        td_feature *feature = &tower->feature[tower->features++];
        *feature = td_feature_declare(tower->side, choices->value[i], config, sizes, parameters);
        tower->input_width += feature->width;
    }
    tower->width = tower->input_width;
}

static void declare_layers(td_tower *tower, const td_int_list *units, td_parameters *parameters)
{
    for (size_t i = 0; i < units->count; i++) {
        char group[TD_NAME_MAX];
        snprintf(group, sizeof group, "%s_dense_%zu",
                 tower->side == TD_QUERY ? "query" : "candidate", i);
        bool relu = i + 1 < units->count;
        tower->layer[i] =
            td_dense_declare(group, tower->width, (size_t)units->value[i], relu, parameters);
        tower->width = tower->layer[i].units;
        tower->layers++;
    }
}

void td_tower_declare(td_tower *tower, td_side side, const td_config *config, const td_sizes *sizes,
                      td_parameters *parameters)
{
    bool query = side == TD_QUERY;
    *tower = (td_tower){.side = side};
    declare_features(tower, query ? &config->query_features : &config->candidate_features, config,
                     sizes, parameters);
    declare_layers(tower, query ? &config->query_tower : &config->candidate_tower, parameters);
}

void td_tower_free(td_tower *tower)
{
    for (size_t l = 0; l < tower->layers; l++)
        td_dense_free(&tower->layer[l]);
}

void td_tower_refresh(td_tower *tower, const td_parameters *parameters)
{
    for (size_t l = 0; l < tower->layers; l++)
        td_dense_refresh(&tower->layer[l], parameters);
}

td_tower_scratch td_tower_scratch_create(const td_tower *tower)
{
    td_tower_scratch scratch = {0};
    size_t widest = tower->input_width, terms = TD_TILE_ROWS * tower->input_width;
    scratch.x[0] = TD_NEW(float, TD_TILE_ROWS * tower->input_width);
    for (size_t l = 0; l < tower->layers; l++) {
        const td_dense *layer = &tower->layer[l];
        scratch.x[l + 1] = TD_NEW(float, TD_TILE_ROWS * layer->units);
        widest = larger(widest, layer->units);
        terms = larger(terms, (layer->inputs + 1) * layer->units);
    }
    scratch.dx = TD_NEW(float, TD_TILE_ROWS *widest);
    scratch.dy = TD_NEW(float, TD_TILE_ROWS *widest);
    scratch.terms = TD_NEW(float, terms);
    return scratch;
}

void td_tower_scratch_free(td_tower_scratch *scratch)
{
    for (size_t l = 0; l <= TD_LIST_MAX; l++)
        td_free(scratch->x[l]);
    td_free(scratch->dx);
    td_free(scratch->dy);
    td_free(scratch->terms);
}

void td_tower_touch(const td_tower *tower, const td_inputs *inputs, td_row_sums *tables)
{
    for (size_t i = 0; i < tower->features; i++)
        td_feature_touch(&tower->feature[i], inputs, tables);
}

const float *td_tower_forward(const td_tower *tower, const td_kernels *kernels,
                              const td_parameters *parameters, const td_inputs *inputs,
                              td_tower_scratch *scratch)
{
    float *x = scratch->x[0];
    for (size_t i = 0; i < tower->features; i++) {
        td_feature_forward(&tower->feature[i], parameters, inputs, x, tower->input_width);
        x += tower->feature[i].width;
    }
    for (size_t l = 0; l < tower->layers; l++)
        td_dense_forward(&tower->layer[l], kernels, parameters, inputs->count, scratch->x[l],
                         scratch->x[l + 1]);
    return scratch->x[tower->layers];
}

void td_tower_backward(const td_tower *tower, const td_inputs *inputs, const float *dembedding,
                       td_tower_scratch *scratch, td_gradients *gradients)
{
    memcpy(scratch->dx, dembedding, inputs->count * tower->width * sizeof *dembedding);
    for (size_t l = tower->layers; l-- > 0;) {
        float *dy = scratch->dx;
        scratch->dx = scratch->dy;
        scratch->dy = dy;
        td_dense_backward(&tower->layer[l], inputs->count, scratch->x[l], scratch->x[l + 1],
                          scratch->dy, scratch->dx, scratch->terms, gradients);
    }
    const float *dx = scratch->dx;
    for (size_t i = 0; i < tower->features; i++) {
        td_feature_backward(&tower->feature[i], inputs, dx, tower->input_width, scratch->terms,
                            gradients);
        dx += tower->feature[i].width;
    }
}
