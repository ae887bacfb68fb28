/* Training is made as ever, while a plan of memory is. */
#include "train/memory_needs.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/batches.h"
#include "eval/ease.h"
#include "model/columns.h"
#include "model/model.h"
#include "run/model_data.h"
#include "run/placement.h"
#include "train/own_items.h"
#include "train/step.h"

#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

/* What is made for a plan, and freed after it. */
typedef struct {
    td_spec *spec;
    td_batches *batches;
    td_frame users;
    td_frame items;
    td_model *model;
    td_trainer *trainer;
} planned;

static void free_planned(planned *p)
{
    td_trainer_free(p->trainer);
    td_model_free(p->model);
    td_frame_free(&p->users);
    td_frame_free(&p->items);
    td_batches_free(p->batches);
    td_spec_free(p->spec);
}

/* Fields of so many users or items, id 0 included, as far as they are no lists. */
static void plan_fields(const td_spec *spec, const td_schema *schema, td_of of, int64_t ids,
                        td_frame *frame)
{
    TD_MEMORY_FOR("fields of users and items", "--data, features");
    const char **names = td_spec_fields(spec, schema, of);
    for (size_t i = 0; names[i]; i++)
        td_schema_add_to(td_schema_find(schema, names[i]), frame);
    td_frame_reserve(frame, ids);
    td_free(names);
}

/* C: in a plan. */
static td_status make_all(td_comm *comm, const td_dataset *data, const td_config *config,
                          const td_kernels *kernels, planned *p)
{
    const td_schema *schema = &td_dataset_info(data)->schema;
    const char **fields = td_spec_fields(p->spec, schema, TD_OF_ROW);
    plan_fields(p->spec, schema, TD_OF_USER, p->spec->users, &p->users);
    plan_fields(p->spec, schema, TD_OF_ITEM, p->spec->items, &p->items);
    td_batches_plan(p->batches, data, config, fields);
    td_free(fields);
    const td_placement placement = td_placement_for_training(comm, config, p->spec, p->batches);
    TD_TRY(td_model_create(config, p->spec, kernels, &placement, &p->model));
    p->trainer = td_trainer_create(comm, p->model, NULL, td_batches_limits(p->batches));
    return TD_OK;
}

/* Rows of a table that a step can bring gradients of. */
static int64_t most_rows(const td_spec *spec, const td_tensor *tensor,
                         const td_batch_limits *limits)
{
    const td_embedding_table *table = td_spec_find_table(spec, tensor->name);
    const td_owner owner = table ? table->owner : TD_OWNER_NONE;
    const int64_t held = tensor->held.count;
    if (owner == TD_OWNER_USER)
        return td_smaller(held, limits->my_rows);
    if (owner == TD_OWNER_ITEM)
        return td_smaller(held, limits->rows + limits->more + limits->shared);
    return held;
}

/* Sums of the rows, and what an epoch's last step keeps of one tensor after the other, to tell how
 * far it moved (train/step_norms.c). */
static void add_gradients_of_rows(const planned *p, td_memory_plan *plan)
{
    const td_parameters *parameters = &p->model->parameters;
    int64_t bytes = 0, before = (int64_t)parameters->dense_size;
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        if (!tensor->is_table)
            continue;
        const int64_t rows = most_rows(p->spec, tensor, td_batches_limits(p->batches));
        bytes += rows * td_row_sums_row_bytes(tensor->columns);
        before = td_larger(before, rows * (int64_t)tensor->columns);
    }
    bytes += before * (int64_t)sizeof(float);
    td_memory_plan_add(plan,
                       (td_memory_purpose){"gradients of rows", "train.batch_size, model.width"},
                       (size_t)bytes);
}

/* Each rank's users' items, which are masked. */
static void add_own_items(const planned *p, td_memory_plan *plan)
{
    int64_t first, users;
    td_batches_users(p->batches, &first, &users);
    td_memory_plan_add(plan, (td_memory_purpose){"items of users", "retrieval.mask_own"},
                       td_own_items_bytes(td_batches_row_count(p->batches), users,
                                          td_batches_limits(p->batches)->my_rows));
}

/* "query_dense_1/kernel, 65536 x 65536": its rows of this rank. */
static void name_largest(const td_parameters *parameters, size_t size, char *text)
{
    const td_tensor *largest = &parameters->tensor[0];
    for (size_t i = 1; i < parameters->count; i++)
        if (td_tensor_size(&parameters->tensor[i]) > td_tensor_size(largest))
            largest = &parameters->tensor[i];
    snprintf(text, size, "%s, %" PRId64 " x %zu", largest->name, largest->held.count,
             largest->columns);
}

/* The embeddings of this rank's share of the items, as td_columns has them, and what each thread
 * embeds them with. */
static void add_evaluation(const td_comm *comm, const planned *p, td_memory_plan *plan)
{
    td_columns columns;
    int64_t first, count;
    const size_t threads = (size_t)omp_get_max_threads();
    td_tower_scratch *scratch = TD_NEW(td_tower_scratch, threads);
    td_comm_share(comm, p->spec->items, &first, &count);
    td_memory_plan_begin(plan);
    {
        TD_MEMORY_FOR("an evaluation", "eval.every_epochs, --threads, model.width, query.tower");
        td_columns_create(&columns, p->model->candidate.width, (size_t)count, false, NULL);
        for (size_t i = 0; i < threads; i++)
            scratch[i] = td_tower_scratch_create(&p->model->query);
    }
    td_memory_plan_end();
    td_columns_free(&columns);
    for (size_t i = 0; i < threads; i++)
        td_tower_scratch_free(&scratch[i]);
    td_free(scratch);
}

static bool has_ease(const td_config *config)
{
    for (size_t i = 0; i < config->eval_systems.count; i++)
        if (strcmp(config->eval_systems.name[i], "ease") == 0)
            return true;
    return false;
}

/* C: the matrix is rank 0's, the weights are shared. */
static td_status add_ease(td_comm *comm, td_dataset *data, td_memory_plan *plan)
{
    int64_t matrix, weights;
    const td_memory_purpose purpose = {"ease", "eval.systems, baseline.ease_items"};
    TD_TRY(td_ease_bytes(data, &matrix, &weights));
    td_memory_plan_add(plan, purpose, (size_t)(weights / td_comm_size(comm)));
    if (td_comm_rank(comm) == 0)
        td_memory_plan_add(plan, purpose, (size_t)matrix);
    return TD_OK;
}

/* C */
static td_status find_needs(td_comm *comm, td_dataset *data, const td_config *config,
                            const td_kernels *kernels, planned *p, td_memory_needs *needs)
{
    const bool evaluates = config->eval_every_epochs > 0;
    TD_TRY(td_batches_outline(comm, data, config, &p->batches));
    td_memory_plan_begin(&needs->certain);
    const td_status status = make_all(comm, data, config, kernels, p);
    td_memory_plan_end();
    TD_TRY(status);
    if (evaluates && has_ease(config))
        TD_TRY(add_ease(comm, data, &needs->at_most));
    name_largest(&p->model->parameters, sizeof needs->largest, needs->largest);
    if (config->retrieval_mask_own)
        add_own_items(p, &needs->certain);
    add_gradients_of_rows(p, &needs->at_most);
    if (evaluates)
        add_evaluation(comm, p, &needs->at_most);
    return TD_OK;
}

td_status td_training_needs(td_comm *comm, td_dataset *data, const char *path,
                            const td_config *config, const td_kernels *kernels,
                            td_memory_needs *needs)
{
    planned p = {.spec = NULL};
    *needs = (td_memory_needs){.certain = {.count = 0}};
    TD_TRY(td_model_data_spec(data, path, config, &p.spec));
    const td_status status = find_needs(comm, data, config, kernels, &p, needs);
    free_planned(&p);
    if (status != TD_OK)
        td_memory_needs_free(needs);
    return status;
}
