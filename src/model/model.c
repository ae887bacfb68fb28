/* From a configuration to towers and parameters. */
#include "model/model.h"

#include "base/memory.h"

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

td_status td_model_create(const td_config *config, const td_sizes *sizes, const td_kernels *kernels,
                          td_model **out)
{
    if (sizes->users > INT32_MAX || sizes->items > INT32_MAX)
        return td_fail(TD_ERR_INPUT, "%lld users and %lld items: a table holds at most %d rows",
                       (long long)sizes->users, (long long)sizes->items, INT32_MAX);
    td_model *model = TD_NEW(td_model, 1);
    model->config = *config;
    model->sizes = *sizes;
    model->kernels = *kernels;
    td_tower_declare(&model->query, TD_QUERY, config, sizes, &model->parameters);
    td_tower_declare(&model->candidate, TD_CANDIDATE, config, sizes, &model->parameters);
    td_status status = check_widths(model);
    if (status != TD_OK) {
        td_model_free(model);
        return status;
    }
    td_parameters_allocate(&model->parameters);
    *out = model;
    return TD_OK;
}

void td_model_free(td_model *model)
{
    if (!model)
        return;
    td_tower_free(&model->query);
    td_tower_free(&model->candidate);
    td_parameters_free(&model->parameters);
    td_free(model);
}

void td_model_initialize(td_model *model)
{
    td_parameters_initialize(&model->parameters, (uint64_t)model->config.train_seed,
                             (float)model->config.optimizer_initial_accumulator);
    td_model_refresh(model);
}

void td_model_refresh(td_model *model)
{
    td_tower_refresh(&model->query, &model->parameters);
    td_tower_refresh(&model->candidate, &model->parameters);
}

const char *td_model_term_name(const td_model *model, size_t term)
{
    switch (term) {
    case TD_TERM_DU:
        return "the query embeddings";
    case TD_TERM_DV:
        return "the candidate embeddings";
    case TD_TERM_LOSS:
        return "the loss";
    default:
        return model->parameters.tensor[term].name;
    }
}
