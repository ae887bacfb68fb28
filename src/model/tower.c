/* Features, then layers. */
#include "model/tower.h"

#include "base/memory.h"

/* Starts the layers on what the features give. */
static void declare_features(td_tower *tower, const td_spec *spec, td_parameters *parameters)
{
    const td_features *features = &spec->features[tower->side];
    size_t width = 0, learned = 0;
    tower->feature = TD_NEW(td_feature, features->count);
    tower->adds = features->are_added;
    for (size_t i = 0; i < features->count; i++) {
        td_feature *feature = &tower->feature[tower->features++];
        *feature = features->feature[i];
        width = (tower->adds ? 0 : width) + td_feature_inputs(feature);
        if (!td_encoder_has_table(feature->encoder))
            continue;
        const td_embedding_table *table = &spec->table[feature->table];
        feature->tensor =
            td_parameters_declare_table(parameters, table->name, (size_t)table->rows, table->width);
        learned = width;
    }
    tower->layers = td_layers_create(width, learned);
}

static void declare_layers(td_tower *tower, const td_int_list *units, const td_config *config,
                           td_parameters *parameters)
{
    const char *prefix = tower->side == TD_QUERY ? "query_dense" : "candidate_dense";
    for (size_t i = 0; i < units->count; i++)
        td_layers_add_dense(&tower->layers, prefix, (size_t)units->value[i], i + 1 < units->count,
                            parameters);
    if (config->model_normalize == TD_NORMALIZE_L2)
        td_layers_add_l2(&tower->layers);
}

void td_tower_declare(td_tower *tower, td_side side, const td_config *config, const td_spec *spec,
                      td_parameters *parameters)
{
    *tower = (td_tower){.side = side};
    declare_features(tower, spec, parameters);
    declare_layers(tower, side == TD_QUERY ? &config->query_tower : &config->candidate_tower,
                   config, parameters);
    tower->width = tower->layers.width;
}

void td_tower_free(td_tower *tower)
{
    td_layers_free(&tower->layers);
    td_free(tower->feature);
}

void td_tower_refresh(td_tower *tower, const td_parameters *parameters)
{
    td_layers_refresh(&tower->layers, parameters);
}

td_tower_scratch td_tower_scratch_create(const td_tower *tower)
{
    return td_layers_scratch_create(&tower->layers);
}

void td_tower_scratch_free(td_tower_scratch *scratch)
{
    td_layers_scratch_free(scratch);
}

static td_encoder_rows rows_of(const td_inputs *inputs, size_t feature)
{
    return (td_encoder_rows){&inputs->of[feature], inputs->first, inputs->count};
}

void td_tower_touch(const td_tower *tower, const td_inputs *inputs, td_row_sums *tables)
{
    for (size_t i = 0; i < tower->features; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        td_feature_touch(&tower->feature[i], &rows, tables);
    }
}

/* x_0 = [features side by side], then the layers */
const float *td_tower_forward(const td_tower *tower, const td_kernels *kernels,
                              const td_parameters *parameters, const td_inputs *inputs,
                              td_tower_scratch *scratch)
{
    const size_t stride = tower->layers.inputs;
    float *x = scratch->x[0];
    for (size_t i = 0; i < tower->features; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        float *part = tower->adds && i > 0 ? scratch->terms : x;
        td_feature_forward(&tower->feature[i], parameters, &rows, part, stride);
        for (size_t k = 0; part != x && k < inputs->count * stride; k++)
            x[k] += part[k];
        x += tower->adds ? 0 : td_feature_inputs(&tower->feature[i]);
    }
    return td_layers_forward(&tower->layers, kernels, parameters, inputs->count, scratch);
}

/* The layers, then each feature with its columns of dx_0. */
void td_tower_backward(const td_tower *tower, const td_inputs *inputs, const float *dembedding,
                       td_tower_scratch *scratch, td_gradients *gradients)
{
    const float *dx =
        td_layers_backward(&tower->layers, inputs->count, dembedding, scratch, gradients);
    for (size_t i = 0; i < tower->features; i++) {
        const td_encoder_rows rows = rows_of(inputs, i);
        td_feature_backward(&tower->feature[i], &rows, dx, tower->layers.inputs, scratch->terms,
                            gradients);
        dx += tower->adds ? 0 : td_feature_inputs(&tower->feature[i]);
    }
}
