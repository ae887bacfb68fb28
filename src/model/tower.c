/* Features, then layers. */
#include "model/tower.h"

#include "base/log.h"

static bool is_normalized(const td_config *config, td_side side)
{
    const int one = side == TD_QUERY ? TD_NORMALIZE_QUERY : TD_NORMALIZE_CANDIDATE;
    return config->model_normalize == TD_NORMALIZE_BOTH ||
           config->model_normalize == TD_NORMALIZE_TRAINING || config->model_normalize == one;
}

static void declare_layers(td_tower *tower, const td_int_list *units, const td_config *config,
                           td_parameters *parameters)
{
    const bool is_query = tower->side == TD_QUERY;
    const char *prefix = is_query ? "query_dense" : "candidate_dense";
    for (size_t i = 0; i < units->count; i++) {
        const bool is_last = i + 1 == units->count;
        td_layers_add_dense(&tower->layers, prefix, (size_t)units->value[i], !is_last, parameters);
        if (!is_last)
            td_layers_add_dropout(&tower->layers, prefix,
                                  is_query ? config->query_dropout : config->candidate_dropout);
    }
    td_layers_add_dropout(&tower->layers, is_query ? "query_output" : "candidate_output",
                          is_query ? config->query_output_dropout
                                   : config->candidate_output_dropout);
    if (is_normalized(config, tower->side)) {
        td_layers_add_l2(&tower->layers);
        tower->training_layers = config->model_normalize == TD_NORMALIZE_TRAINING;
    }
    if (!config->retrieval_item_bias)
        return;
    TD_ASSERT(tower->training_layers == 0); /* td_config_check */
    td_layers_add_apart(&tower->layers);
    tower->biases = 1;
}

void td_tower_declare(td_tower *tower, td_side side, const td_config *config, const td_spec *spec,
                      td_parameters *parameters)
{
    *tower = (td_tower){.side = side};
    tower->reads = td_reader_declare(spec, side, parameters);
    tower->layers = td_layers_create(tower->reads.width, tower->reads.learned);
    tower->layers.spare = td_reader_spare(&tower->reads, tower->reads.width);
    declare_layers(tower, side == TD_QUERY ? &config->query_tower : &config->candidate_tower,
                   config, parameters);
    tower->width = tower->layers.width;
}

void td_tower_free(td_tower *tower)
{
    td_layers_free(&tower->layers);
    td_reader_free(&tower->reads);
}

void td_tower_refresh(td_tower *tower, const td_parameters *parameters, const bool *changed)
{
    td_layers_refresh(&tower->layers, parameters, changed);
}

td_tower_scratch td_tower_scratch_create(const td_tower *tower)
{
    return td_layers_scratch_create(&tower->layers);
}

void td_tower_scratch_free(td_tower_scratch *scratch)
{
    td_layers_scratch_free(scratch);
}

void td_tower_touch(const td_tower *tower, const td_inputs *inputs, size_t tensor,
                    td_row_sums *tables)
{
    td_reader_touch(&tower->reads, inputs, tensor, tables);
}

/* What stands behind each row's embedding: of queries 1, of candidates the item's bias. */
static void set_biases(const td_tower *tower, const td_parameters *parameters,
                       const td_inputs *inputs, float *biases)
{
    if (tower->side == TD_CANDIDATE)
        td_reader_forward_apart(&tower->reads, parameters, inputs, biases);
    else
        for (size_t i = 0; i < inputs->count; i++)
            biases[i] = 1;
}

/* x_0 = what the features give, then the layers */
const float *td_tower_forward(const td_tower *tower, const td_kernels *kernels,
                              const td_parameters *parameters, const td_inputs *inputs,
                              td_tower_scratch *scratch)
{
    scratch->draws = inputs->draws;
    td_reader_forward(&tower->reads, parameters, inputs, scratch->x[0], tower->layers.inputs,
                      scratch->terms);
    if (tower->biases > 0)
        set_biases(tower, parameters, inputs, scratch->apart);
    return td_layers_forward(&tower->layers, kernels, parameters, inputs->count, scratch);
}

/* The output of the layer before those. */
const float *td_tower_embed(const td_tower *tower, const td_kernels *kernels,
                            const td_parameters *parameters, const td_inputs *inputs,
                            td_tower_scratch *scratch)
{
    td_tower_forward(tower, kernels, parameters, inputs, scratch);
    return scratch->x[tower->layers.count - tower->training_layers];
}

/* The layers, then each feature with its columns of dx_0. */
void td_tower_backward(const td_tower *tower, const td_inputs *inputs, const float *dembedding,
                       td_tower_scratch *scratch, td_gradients *gradients)
{
    const float *dx =
        td_layers_backward(&tower->layers, inputs->count, dembedding, scratch, gradients);
    td_reader_backward(&tower->reads, inputs, dx, tower->layers.inputs, scratch->terms, gradients);
    if (tower->biases > 0 && tower->side == TD_CANDIDATE)
        td_reader_backward_apart(&tower->reads, inputs, scratch->apart, scratch->terms, gradients);
}
