/* A trainer's memory: everything a step needs, made before the first. */
#include "train/trainer_parts.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* Room for a tile of rows that train a task. */
static td_chosen_rows chosen_create(size_t width)
{
    return (td_chosen_rows){.places = TD_NEW(uint16_t, TD_TILE_ROWS),
                            .own = TD_NEW(int32_t, TD_TILE_ROWS),
                            .users = TD_NEW(int32_t, TD_TILE_ROWS),
                            .items = TD_NEW(int32_t, TD_TILE_ROWS),
                            .moments = TD_NEW(int32_t, TD_TILE_ROWS),
                            .rows = TD_NEW(int64_t, TD_TILE_ROWS),
                            .u = TD_NEW(float, TD_TILE_ROWS *width),
                            .du = TD_NEW(float, TD_TILE_ROWS *width),
                            .labels = TD_NEW(float, TD_TILE_ROWS),
                            .weights = TD_NEW(float, TD_TILE_ROWS),
                            .negatives = TD_NEW(td_range, TD_TILE_ROWS),
                            .masked = TD_NEW(td_range, TD_TILE_ROWS)};
}

static void chosen_free(td_chosen_rows *chosen)
{
    td_free(chosen->places);
    td_free(chosen->own);
    td_free(chosen->users);
    td_free(chosen->items);
    td_free(chosen->moments);
    td_free(chosen->rows);
    td_free(chosen->u);
    td_free(chosen->du);
    td_free(chosen->labels);
    td_free(chosen->weights);
    td_free(chosen->negatives);
    td_free(chosen->masked);
}

/* The features of the head that reads most. */
static size_t most_head_features(const td_model *model)
{
    size_t most = 0;
    for (size_t k = 0; k < model->tasks; k++)
        most = (size_t)td_larger((int64_t)most, (int64_t)model->task[k].head.reads.count);
    return most;
}

/* A thread's own sums, and scratch for both towers and every task. */
static td_worker worker_create(td_trainer *t, const td_batch_limits *limits)
{
    TD_MEMORY_FOR("tiles of each thread",
                  "--threads, train.batch_size, query.tower, candidate.tower, rating.hidden");
    const td_model *model = t->model;
    const size_t width = model->query.width;
    td_worker w = {
        .query = td_tower_scratch_create(&model->query),
        .candidate = td_tower_scratch_create(&model->candidate),
        .query_views = TD_NEW(td_field_view, model->query.reads.count),
        .candidate_views = TD_NEW(td_field_view, model->candidate.reads.count),
        .head_views = TD_NEW(td_field_view, most_head_features(model)),
        .tasks = TD_NEW(td_task_scratch, model->tasks),
        .dembedding = TD_NEW(float, TD_TILE_ROWS *width),
        .dtask = TD_NEW(float, TD_TILE_ROWS *width),
        .dv = TD_NEW(td_exact, TD_CANDIDATE_TILE_ROWS * width),
        .squares = TD_NEW(td_exact, (model->tasks + 1) * SQUARE_SIZES),
        .gradients =
            td_gradients_create(&model->training, &model->parameters, model->tasks, t->tables),
    };
    w.gradients.rows.is_alone = t->threads == 1;
    w.gradients.columns = &t->column_sums;
    if (t->selects)
        w.chosen = chosen_create(width);
    for (size_t k = 0; k < model->tasks; k++)
        if (model->task[k].is.loss)
            w.tasks[k].head = td_head_scratch_create(&model->task[k].head);
        else
            w.tasks[k].retrieval = td_retrieval_scratch_create(
                &model->training, (size_t)limits->tile_rows, t->batch_columns.capacity, width,
                model->config.retrieval_num_hard_negatives > 0);
    return w;
}

static void worker_free(const td_model *model, td_worker *w)
{
    td_tower_scratch_free(&w->query);
    td_tower_scratch_free(&w->candidate);
    td_free(w->query_views);
    td_free(w->candidate_views);
    td_free(w->head_views);
    for (size_t k = 0; k < model->tasks; k++)
        if (model->task[k].is.loss)
            td_head_scratch_free(&w->tasks[k].head);
        else
            td_retrieval_scratch_free(&w->tasks[k].retrieval);
    td_free(w->tasks);
    chosen_free(&w->chosen);
    td_free(w->dembedding);
    td_free(w->dtask);
    td_free(w->dv);
    td_free(w->squares);
    td_gradients_free(&w->gradients);
    td_stopwatch_free(&w->watch);
}

static td_trained_task trained_task(const td_trainer *t, size_t k)
{
    const td_config *config = &t->model->config;
    const td_model_task *task = &t->model->task[k];
    return (td_trained_task){
        .retrieval = {.task = k,
                      .loss = config->retrieval_loss,
                      .once = t->once,
                      .negative_weight = (float)config->retrieval_negative_weight,
                      .margin = (float)config->retrieval_margin,
                      .columns = &t->columns,
                      .own_bias = t->own_bias,
                      .learns = t->model->log_inverse != TD_NO_TENSOR,
                      .log_inverse = (size_t)t->model->log_inverse,
                      .rows_are_outside = t->none_counts != NULL,
                      .remove_accidental_hits = config->retrieval_remove_accidental_hits,
                      .num_hard_negatives = config->retrieval_num_hard_negatives},
        .head = {.task = k,
                 .loss = task->is.loss,
                 .delta = task->is.delta,
                 .net = &task->head,
                 .columns = &t->columns},
    };
}

/* Totals of a step: a loss for each task, a verdict, a count for each request. */
static void create_tasks(td_trainer *t)
{
    const size_t tasks = t->model->tasks;
    t->tasks = TD_NEW(td_trained_task, tasks);
    t->task_rows = TD_NEW(int64_t, tasks);
    t->losses = TD_NEW(td_task_loss, tasks);
    t->largest = TD_NEW(td_magnitude, td_model_terms(t->model));
    t->coarser = TD_NEW(int, td_model_terms(t->model));
    t->out_of_range = tasks;
    t->first_request = tasks + 1;
    t->totals = t->first_request + REQUESTS;
    for (size_t k = 0; k < tasks; k++)
        t->tasks[k] = trained_task(t, k);
}

/* C: windows on the tables whose rows others read, too. */
static void create_met_tables(td_trainer *t)
{
    const td_parameters *parameters = &t->model->parameters;
    t->read = *parameters;
    t->read.tensor = TD_NEW(td_tensor, parameters->count);
    memcpy(t->read.tensor, parameters->tensor, parameters->count * sizeof *parameters->tensor);
    t->met_table = TD_NEW(td_met_table, parameters->count);
    for (size_t i = 0; i < parameters->count; i++) {
        const td_tensor *tensor = &parameters->tensor[i];
        const td_embedding_table *table = td_spec_find_table(t->model->spec, tensor->name);
        if (!tensor->is_owned || !table->is_met)
            continue;
        td_met_table *met = &t->met_table[t->met++];
        met->tensor = i;
        td_table_window_create(&met->window, t->comm, tensor);
        t->read.tensor[i].held = (td_range){0, (int64_t)tensor->rows};
    }
}

static void free_met_tables(td_trainer *t)
{
    for (size_t i = 0; i < t->met; i++) {
        td_table_window_free(&t->met_table[i].window);
        td_buffer_free(&t->met_table[i].my_sums);
    }
    td_free(t->met_table);
    td_free(t->read.tensor);
}

/* Sums of gradients for the rows of each table that are held here. */
static void create_tables(td_trainer *t)
{
    const td_parameters *parameters = &t->read;
    t->tables = TD_NEW(td_row_sums, parameters->count);
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->tensor[i].is_table)
            td_row_sums_create(&t->tables[i], parameters->tensor[i].held,
                               parameters->tensor[i].columns);
}

/* What a row's own item counts for where it is not as its column. */
static void create_own_columns(td_trainer *t)
{
    const int loss = t->model->config.retrieval_loss;
    t->is_mean = loss == TD_LOSS_CCL || loss == TD_LOSS_BPR;
    if (t->log_q.of_negatives || t->none_counts || loss != TD_LOSS_SOFTMAX)
        t->own_bias = TD_NEW(float, t->batch_columns.capacity);
    t->corrects_own = t->none_counts && loss == TD_LOSS_SOFTMAX && !t->log_q.of_negatives;
    if (t->is_mean)
        t->once = TD_NEW(float, t->batch_columns.capacity);
}

td_trainer *td_trainer_create(td_comm *comm, td_model *model, const float *item_bias,
                              const td_batch_limits *limits)
{
    TD_MEMORY_FOR("columns of a step", "train.batch_size, model.width");
    td_trainer *t = TD_NEW(td_trainer, 1);
    t->comm = comm;
    t->model = model;
    t->kernels = &model->training;
    t->threads = omp_get_max_threads();
    t->log_q = td_log_q_of(&model->config, item_bias, model->spec->items);
    t->none_counts = limits->only_shared ? TD_NEW(uint8_t, (size_t)limits->my_rows) : NULL;
    t->tiles = limits->tiles + limits->shared / TD_CANDIDATE_TILE_ROWS;
    t->tile_order = TD_NEW(uint64_t, (size_t)limits->tiles);
    t->queue = td_tile_queue_create(t->threads);
    t->my_rows = limits->my_rows;
    t->selects = limits->selects;
    const td_column_cuts cuts = {.shards = model->config.train_shards,
                                 .groups = td_batch_groups(&model->config),
                                 .ranges = model->config.train_item_ranges};
    td_batch_columns_create(&t->batch_columns, comm, model->spec->items, &cuts, limits);
    t->uniform_negatives = td_uniform_negatives_create((uint64_t)model->config.train_seed,
                                                       limits->shared, &t->batch_columns);
    create_own_columns(t);
    create_tasks(t);
    td_trainer_create_memory(t); /* C */
    const size_t most[] = {
        [TD_QUERY] = (size_t)limits->my_rows, [TD_CANDIDATE] = t->batch_columns.items.my_capacity};
    for (size_t side = 0; side < TD_SIDES; side++)
        td_id_dropout_create(&t->dropout[side], (uint64_t)model->config.train_seed,
                             &model->spec->features[side], most[side]);
    create_met_tables(t); /* C */
    create_tables(t);
    t->row_offsets = TD_NEW(size_t, (size_t)td_comm_size(comm) + 1);
    td_step_norms_create(&t->norms, &model->parameters);
    if (model->config.optimizer_clip_norm > 0) {
        t->norm_largest = TD_NEW(td_magnitude, model->parameters.count);
        t->norm_squares = TD_NEW(td_exact, model->parameters.count);
    }
    if (model->task[0].is.negatives)
        t->user_negatives = td_user_negatives_create(limits);
    t->ones = TD_NEW(float, TD_TILE_ROWS);
    for (size_t i = 0; i < TD_TILE_ROWS; i++)
        t->ones[i] = 1;
    t->workers = TD_NEW(td_worker, (size_t)t->threads);
    for (int i = 0; i < t->threads; i++) {
        t->workers[i] = worker_create(t, limits);
        t->workers[i].gradients.worker = (size_t)(i * td_comm_size(comm) + td_comm_rank(comm));
    }
    return t;
}

void td_trainer_mask_own(td_trainer *t, const td_rows *rows)
{
    const char *trains = t->model->task[0].is.trains;
    td_own_items_free(&t->own_items);
    t->own_items =
        td_own_items_create(rows, trains ? td_trainer_field(rows, trains) : NULL, t->my_rows);
}

void td_trainer_free(td_trainer *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->threads; i++)
        worker_free(t->model, &t->workers[i]);
    td_free(t->workers);
    for (size_t i = 0; i < t->model->parameters.count; i++)
        if (t->model->parameters.tensor[i].is_table)
            td_row_sums_free(&t->tables[i]);
    td_free(t->tables);
    free_met_tables(t);
    for (size_t side = 0; side < TD_SIDES; side++)
        td_id_dropout_free(&t->dropout[side]);
    td_free(t->own_bias);
    td_free(t->once);
    td_free(t->none_counts);
    td_uniform_negatives_free(&t->uniform_negatives);
    td_buffer_free(&t->column_items);
    td_trainer_free_memory(t);
    td_batch_columns_free(&t->batch_columns);
    td_free(t->tasks);
    td_free(t->task_rows);
    td_free(t->ones);
    td_free(t->tile_order);
    td_tile_queue_free(&t->queue);
    td_user_negatives_free(&t->user_negatives);
    td_own_items_free(&t->own_items);
    td_free(t->losses);
    td_step_norms_free(&t->norms);
    td_free(t->largest);
    td_free(t->coarser);
    td_free(t->row_offsets);
    td_buffer_free(&t->row_ids);
    td_buffer_free(&t->row_parts);
    td_untrained_rows_free(&t->at_start);
    td_free(t->norm_largest);
    td_free(t->norm_squares);
    td_free(t);
}

/* gradient = the dense part, then each touched row at its place. */
void td_trainer_gradient(const td_trainer *t, float *gradient)
{
    const td_parameters *parameters = &t->model->parameters;
    memset(gradient, 0, parameters->size * sizeof *gradient);
    memcpy(gradient, t->gradient, parameters->dense_size * sizeof *gradient);
    for (size_t i = 0; i < parameters->count; i++) {
        const td_row_sums *sums = &t->tables[i];
        for (size_t s = 0; s < sums->count; s++)
            td_exact_to_float(sums->exponent, sums->width, sums->sums + s * sums->width,
                              gradient + td_tensor_place(&parameters->tensor[i], sums->ids[s]));
    }
}

void td_trainer_norms(td_trainer *t, double *norms)
{
    const size_t tasks = t->model->tasks, sums = (tasks + 1) * SQUARE_SIZES;
    td_exact *squares = TD_NEW(td_exact, sums);
    for (int i = 0; i < t->threads; i++)
        td_exact_merge(sums, t->workers[i].squares, squares);
    td_comm_sum(t->comm, sums, squares);
    for (size_t k = 0; k <= tasks; k++) {
        double sum = 0;
        for (int size = 0; size < SQUARE_SIZES; size++)
            sum += ldexp((double)squares[k * SQUARE_SIZES + (size_t)size],
                         size * SQUARE_BITS - TD_EXACT_TOTAL);
        norms[k] = (double)td_trainer_scale(t, k) * sqrt(sum);
    }
    td_free(squares);
}

float td_trainer_scale(const td_trainer *t, size_t k)
{
    float most = 0;
    if (k < t->model->tasks)
        return t->tasks[k].head.scale;
    for (size_t i = 0; i < t->model->tasks; i++)
        most = t->tasks[i].head.scale > most ? t->tasks[i].head.scale : most;
    return most;
}

td_stopwatch *td_trainer_stopwatch(const td_trainer *t, int thread)
{
    return &t->workers[thread].watch;
}
