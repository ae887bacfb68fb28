/* From a configuration to towers, head and parameters. */
#include "model/model.h"

#include "base/memory.h"

#include <string.h>

static td_status check_widths(const td_model *model)
{
    if (model->query.width == model->candidate.width)
        return TD_OK;
    return td_fail(TD_ERR_CONFIG,
                   "query and candidate embeddings must have one width, but the query tower "
                   "(query.features, query.tower) gives %zu and the candidate tower "
                   "(candidate.features, candidate.tower) %zu: end both with the same number of "
                   "units",
                   model->query.width, model->candidate.width);
}

/* The rating head: hidden layers with ReLU, then one linear unit. */
static void declare_head(td_model *model)
{
    const td_int_list *hidden = &model->config.rating_hidden;
    model->has_head = model->config.rating_enabled;
    model->head = td_layers_create(2 * model->query.width, 2 * model->query.width);
    if (!model->has_head)
        return;
    for (size_t i = 0; i < hidden->count; i++)
        td_layers_add_dense(&model->head, "head", (size_t)hidden->value[i], true,
                            &model->parameters);
    td_layers_add_dense(&model->head, "head", 1, false, &model->parameters);
}

/* The rows that are here of the tables that have owners. */
static void place_tables(td_parameters *parameters, const td_spec *spec,
                         const td_placement *placement)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const td_embedding_table *table = td_spec_find_table(spec, parameters->tensor[i].name);
        if (!table || table->owner == TD_OWNER_NONE)
            continue;
        const td_owned_rows *rows =
            table->owner == TD_OWNER_USER ? &placement->users : &placement->items;
        if (rows->is_owned)
            td_parameters_own(parameters, i, rows->held);
    }
}

td_status td_model_create(const td_config *config, const td_spec *spec, const td_kernels *kernels,
                          const td_placement *placement, td_model **out)
{
    td_model *model = TD_NEW(td_model, 1);
    model->config = *config;
    model->spec = spec;
    model->kernels = *kernels;
    td_tower_declare(&model->query, TD_QUERY, config, spec, &model->parameters);
    td_tower_declare(&model->candidate, TD_CANDIDATE, config, spec, &model->parameters);
    declare_head(model);
    td_status status = check_widths(model);
    if (status != TD_OK) {
        td_model_free(model);
        return status;
    }
    if (placement)
        place_tables(&model->parameters, spec, placement);
    const bool trains = !placement || !placement->is_read_only;
    td_parameters_allocate(&model->parameters,
                           trains ? td_optimizer_states(config->optimizer_kind) : 0);
    *out = model;
    return TD_OK;
}

void td_model_free(td_model *model)
{
    if (!model)
        return;
    td_tower_free(&model->query);
    td_tower_free(&model->candidate);
    td_layers_free(&model->head);
    td_parameters_free(&model->parameters);
    td_free(model);
}

void td_model_initialize(td_model *model)
{
    const td_config *config = &model->config;
    const bool adagrad = config->optimizer_kind == TD_ADAGRAD;
    td_parameters_initialize(&model->parameters, (uint64_t)config->train_seed,
                             adagrad ? (float)config->optimizer_initial_accumulator : 0);
    td_model_refresh(model);
}

void td_model_refresh(td_model *model)
{
    td_tower_refresh(&model->query, &model->parameters);
    td_tower_refresh(&model->candidate, &model->parameters);
    td_layers_refresh(&model->head, &model->parameters);
}

void td_model_embed(const td_model *model, const td_tower *tower, const td_inputs *inputs,
                    float *embeddings)
{
#pragma omp parallel
    {
        td_tower_scratch scratch = td_tower_scratch_create(tower);
#pragma omp for
        for (size_t i = 0; i < inputs->count; i += TD_TILE_ROWS) {
            const size_t left = inputs->count - i;
            const td_inputs tile =
                td_inputs_part(inputs, i, left < TD_TILE_ROWS ? left : TD_TILE_ROWS);
            const float *x =
                td_tower_forward(tower, &model->kernels, &model->parameters, &tile, &scratch);
            memcpy(embeddings + i * tower->width, x, tile.count * tower->width * sizeof *x);
        }
        td_tower_scratch_free(&scratch);
    }
}

const char *td_model_term_name(const td_model *model, size_t term)
{
    switch (term) {
    case TD_TERM_DU:
        return "the query embeddings";
    case TD_TERM_DV:
        return "the candidate embeddings";
    case TD_TERM_LOSS:
        return "the retrieval loss";
    case TD_TERM_RATING_LOSS:
        return "the rating loss";
    default:
        return model->parameters.tensor[term].name;
    }
}
