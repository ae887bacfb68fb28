/* From a configuration to towers, head and parameters. */
#include "model/model.h"

#include "base/memory.h"
#include "math/elementary.h"

#include <stdio.h>
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
                   model->query.width - model->query.biases,
                   model->candidate.width - model->candidate.biases);
}

static void declare_tasks(td_model *model)
{
    model->tasks = td_task_count(&model->config);
    model->task = TD_NEW(td_model_task, model->tasks);
    for (size_t k = 0; k < model->tasks; k++) {
        td_model_task *task = &model->task[k];
        task->is = td_task_of(&model->config, k);
        if (!task->is.loss)
            continue;
        task->head = td_head_net_declare(&task->is, k, model->query.width - model->query.biases,
                                         model->spec, &model->parameters);
        task->head.stride = model->query.width;
    }
}

static void round_layers(td_model *model)
{
    model->training = td_kernels_that_round(&model->kernels);
    td_layers_round(&model->query.layers, &model->training);
    td_layers_round(&model->candidate.layers, &model->training);
    for (size_t k = 0; k < model->tasks; k++)
        td_layers_round(&model->task[k].head.layers, &model->training);
}

static void declare_temperature(td_model *model)
{
    model->log_inverse = TD_NO_TENSOR;
    if (model->config.retrieval_learn_temperature)
        model->log_inverse = (int)td_parameters_declare(&model->parameters, "retrieval_temperature",
                                                        "log_inverse", 1, 1, false, 0);
}

static float *log_inverse_of(const td_model *model)
{
    return td_parameters_values(&model->parameters, (size_t)model->log_inverse);
}

float td_model_inverse_temperature(const td_model *model)
{
    if (model->log_inverse == TD_NO_TENSOR)
        return 1 / (float)model->config.retrieval_temperature;
    return td_exp(*log_inverse_of(model));
}

void td_model_bound_temperature(td_model *model)
{
    const float most = -td_ln((float)model->config.retrieval_least_temperature),
                least = -td_ln(1e6F);
    if (model->log_inverse == TD_NO_TENSOR)
        return;
    float *value = log_inverse_of(model);
    *value = *value > most ? most : *value;
    *value = *value < least ? least : *value;
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
    TD_TRY(td_tasks_check(config));
    td_model *model = TD_NEW(td_model, 1);
    model->config = *config;
    model->spec = spec;
    model->kernels = model->training = *kernels;
    td_tower_declare(&model->query, TD_QUERY, config, spec, &model->parameters);
    td_tower_declare(&model->candidate, TD_CANDIDATE, config, spec, &model->parameters);
    declare_tasks(model);
    declare_temperature(model);
    td_status status = check_widths(model);
    if (status != TD_OK) {
        td_model_free(model);
        return status;
    }
    if (config->math_precision == TD_PRECISION_BFLOAT16)
        round_layers(model);
    if (placement)
        place_tables(&model->parameters, spec, placement);
    const bool trains = !placement || !placement->is_read_only;
    td_parameters_allocate(&model->parameters,
                           trains ? td_optimizer_states(config->optimizer_kind) : 0);
    model->units = TD_NEW(td_sum_unit, td_model_terms(model));
    *out = model;
    return TD_OK;
}

void td_model_free(td_model *model)
{
    if (!model)
        return;
    td_tower_free(&model->query);
    td_tower_free(&model->candidate);
    for (size_t k = 0; k < model->tasks; k++)
        td_head_net_free(&model->task[k].head);
    td_free(model->task);
    td_free(model->units);
    td_parameters_free(&model->parameters);
    td_free(model);
}

void td_model_initialize(td_model *model)
{
    const td_config *config = &model->config;
    const bool adagrad = config->optimizer_kind == TD_ADAGRAD;
    td_parameters_initialize(&model->parameters, (uint64_t)config->train_seed,
                             adagrad ? (float)config->optimizer_initial_accumulator : 0);
    memset(model->units, 0, td_model_terms(model) * sizeof *model->units);
    if (model->log_inverse != TD_NO_TENSOR)
        *log_inverse_of(model) = -td_ln((float)config->retrieval_temperature);
    td_model_refresh(model, NULL);
}

void td_model_refresh(td_model *model, const bool *changed)
{
    enum { FEW = 1 << 13 }; /* parameters for which no other thread is worth it */
#pragma omp parallel if (model->parameters.dense_size > FEW)
    {
        td_tower_refresh(&model->query, &model->parameters, changed);
        td_tower_refresh(&model->candidate, &model->parameters, changed);
        for (size_t k = 0; k < model->tasks; k++)
            td_layers_refresh(&model->task[k].head.layers, &model->parameters, changed);
    }
}

/* embeddings (count, width) = tower(inputs) */
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
                td_tower_embed(tower, &model->kernels, &model->parameters, &tile, &scratch);
            memcpy(embeddings + i * tower->width, x, tile.count * tower->width * sizeof *x);
        }
        td_tower_scratch_free(&scratch);
    }
}

void td_model_start_bias(td_model *model, size_t task, float mean)
{
    const td_layers *layers = &model->task[task].head.layers;
    *td_parameters_values(&model->parameters, layers->layer[layers->count - 1].dense.bias) =
        model->task[task].is.loss->start(mean);
}

const td_model_task *td_model_head(const td_model *model, const char *task)
{
    for (size_t k = 0; k < model->tasks; k++)
        if (model->task[k].is.loss && strcmp(model->task[k].is.name, task) == 0)
            return &model->task[k];
    return NULL;
}

size_t td_model_terms(const td_model *model)
{
    return td_terms(&model->parameters, model->tasks);
}

/* Terms are the tensors, dU, dV, then the losses of tasks. */
void td_model_term_name(const td_model *model, size_t term, size_t size, char *name)
{
    const td_parameters *parameters = &model->parameters;
    if (term < parameters->count)
        snprintf(name, size, "%s", parameters->tensor[term].name);
    else if (term == td_term_du(parameters))
        snprintf(name, size, "the query embeddings");
    else if (term == td_term_dv(parameters))
        snprintf(name, size, "the candidate embeddings");
    else
        snprintf(name, size, "the %s loss",
                 model->task[term - td_term_loss(parameters, 0)].is.name);
}
