/* A trainer's memory: everything a step needs, made before the first. */
#include "train/trainer_parts.h"

#include "base/memory.h"
#include "base/range.h"

#include <omp.h>
#include <string.h>

static td_worker worker_create(td_trainer *trainer, const td_batch_limits *limits)
{
    const td_model *model = trainer->model;
    const size_t width = model->query.width;
    return (td_worker){
        .query = td_tower_scratch_create(&model->query),
        .candidate = td_tower_scratch_create(&model->candidate),
        .retrieval =
            td_retrieval_scratch_create((size_t)limits->tile_rows, trainer->batch_columns.capacity,
                                        width, model->config.retrieval_num_hard_negatives > 0),
        .rating = td_rating_scratch_create(&model->head),
        .dembedding = TD_NEW(float, TD_TILE_ROWS *width),
        .gradients = {.kernels = &model->kernels,
                      .parameters = &model->parameters,
                      .dense = TD_NEW(td_exact, model->parameters.dense_size),
                      .tables = trainer->tables},
    };
}

static void worker_free(td_worker *w)
{
    td_tower_scratch_free(&w->query);
    td_tower_scratch_free(&w->candidate);
    td_retrieval_scratch_free(&w->retrieval);
    td_rating_scratch_free(&w->rating);
    td_free(w->dembedding);
    td_free(w->gradients.dense);
    td_stopwatch_free(&w->watch);
}

/* The two tasks share columns, sums and locks. */
static void create_tasks(td_trainer *t)
{
    const td_config *config = &t->model->config;
    td_exact *dv = TD_NEW(td_exact, t->columns.capacity * t->columns.width);
    td_locks *locks = td_locks_create();
    t->retrieval = (td_retrieval){
        .columns = &t->columns,
        .temperature = (float)config->retrieval_temperature,
        .remove_accidental_hits = config->retrieval_remove_accidental_hits,
        .num_hard_negatives = config->retrieval_num_hard_negatives,
        .dv = dv,
        .locks = locks,
    };
    t->rating =
        (td_rating){.head = &t->model->head, .columns = &t->columns, .dv = dv, .locks = locks};
}

td_trainer *td_trainer_create(td_comm *comm, td_model *model, const float *item_bias,
                              const td_batch_limits *limits)
{
    td_trainer *t = TD_NEW(td_trainer, 1);
    const td_parameters *parameters = &model->parameters;
    t->comm = comm;
    t->model = model;
    t->item_bias = model->config.retrieval_log_q ? item_bias : NULL;
    t->tiles = limits->tiles;
    const td_column_cuts cuts = {.shards = model->config.train_shards,
                                 .groups = td_batch_groups(&model->config),
                                 .ranges = model->config.train_item_ranges};
    td_batch_columns_create(&t->batch_columns, comm, model->sizes.items, &cuts, limits);
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table)
            td_row_sums_create(&t->tables[i], parameters->tensor[i].held,
                               parameters->tensor[i].columns);
    td_columns_create(&t->columns, model->query.width, t->batch_columns.capacity);
    create_tasks(t);
    const td_row_exchange *items = &t->batch_columns.items;
    t->my_v = TD_NEW(float, items->my_capacity * t->columns.width);
    t->my_dv = TD_NEW(td_exact, items->my_capacity * t->columns.width);
    t->v = TD_NEW(float, items->capacity * t->columns.width);
    t->dv = TD_NEW(td_exact, items->capacity * t->columns.width);
    t->dense = TD_NEW(td_exact,
                      parameters->dense_size + TOTALS + td_batch_columns_words(&t->batch_columns));
    t->gradient = TD_NEW(float, parameters->dense_size);
    const int size = td_comm_size(comm);
    t->owners = TD_NEW(size_t, (size_t)size + 1);
    for (int r = 0; r <= size; r++)
        t->owners[r] = (size_t)td_share((int64_t)parameters->dense_size, r, size);
    t->row_offsets = TD_NEW(size_t, (size_t)size + 1);
    t->threads = omp_get_max_threads();
    t->workers = TD_NEW(td_worker, (size_t)t->threads);
    for (int i = 0; i < t->threads; i++)
        t->workers[i] = worker_create(t, limits);
    return t;
}

void td_trainer_free(td_trainer *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->threads; i++)
        worker_free(&t->workers[i]);
    for (size_t i = 0; i < t->model->parameters.count; i++)
        if (t->model->parameters.tensor[i].is_table)
            td_row_sums_free(&t->tables[i]);
    td_batch_columns_free(&t->batch_columns);
    td_columns_free(&t->columns);
    td_locks_free(t->retrieval.locks);
    td_free(t->retrieval.dv);
    td_free(t->my_v);
    td_free(t->my_dv);
    td_free(t->v);
    td_free(t->dv);
    td_free(t->dense);
    td_free(t->gradient);
    td_free(t->owners);
    td_free(t->row_offsets);
    td_buffer_free(&t->row_ids);
    td_buffer_free(&t->row_parts);
    td_free(t->workers);
    td_free(t);
}

void td_trainer_gradient(const td_trainer *t, float *gradient)
{
    const td_parameters *parameters = &t->model->parameters;
    memset(gradient, 0, parameters->size * sizeof *gradient);
    memcpy(gradient, t->gradient, parameters->dense_size * sizeof *gradient);
    for (size_t i = 0; i < parameters->count; i++) {
        const td_row_sums *sums = &t->tables[i];
        for (size_t s = 0; s < sums->count; s++)
            td_exact_to_float(TD_EXACT_GRADIENT, sums->width, sums->sums + s * sums->width,
                              gradient + td_tensor_place(&parameters->tensor[i], sums->ids[s]));
    }
}

td_stopwatch *td_trainer_stopwatch(const td_trainer *t, int thread)
{
    return &t->workers[thread].watch;
}
