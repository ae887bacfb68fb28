/* The training step. td_trainer_step is the whole of it; the functions above it are its lines, in
 * the order it calls them. Those marked C are collective. Who calls a line says which phase it is.
 */
#include "train/step.h"

#include "base/log.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "model/gradient_norm.h"
#include "train/trainer_parts.h"

#include <math.h>
#include <string.h>

/* All threads, or this one alone, do something else from now on; nobody else works meanwhile. */
static void all_enter(td_trainer *t, td_phase phase)
{
    for (int i = 0; i < t->threads; i++)
        td_stopwatch_enter(&t->workers[i].watch, phase);
}

static void enter(td_trainer *t, td_phase phase)
{
    td_stopwatch_enter(&td_trainer_worker(t)->watch, phase);
}

/* C, where rows are chosen: how many rows train each task, of whose losses means are taken. */
static void count_task_rows(td_trainer *t, const td_batch *batch)
{
    for (size_t k = 0; k < t->model->tasks; k++) {
        const uint8_t *trains = t->selects ? td_trainer_rows_of(t, batch, k) : NULL;
        t->task_rows[k] = t->selects ? batch->rows.count : batch->all_rows;
        for (int64_t i = 0; trains && i < batch->rows.count; i++)
            t->task_rows[k] -= !trains[i];
    }
    if (t->selects)
        td_comm_sum(t->comm, t->model->tasks, t->task_rows);
}

/* C: which items the batch has, who embeds them, and how often retrieval's rows have them. */
static void gather_columns(td_trainer *t, const td_step *step)
{
    const td_batch batch =
        td_uniform_negatives_add(&t->uniform_negatives, step->number, step->batch);
    const uint8_t *counts = t->none_counts ? t->none_counts : td_trainer_rows_of(t, &batch, 0);
    count_task_rows(t, &batch);
    td_batch_columns_gather(&t->batch_columns, &batch, counts, step->measures ? 0 : step->number);
    td_trainer_place_my_columns(t);
    if (t->model->task[0].is.negatives)
        td_user_negatives_find(&t->user_negatives, step->batch,
                               td_trainer_field(&step->batch->rows, t->model->task[0].is.negatives),
                               t->batch_columns.own);
}

/* C: brings the rows here that the step names of tables with owners. */
static void meet_tables(td_trainer *t)
{
    for (size_t i = 0; i < t->met; i++) {
        const size_t k = t->met_table[i].tensor;
        td_table_window_meet(&t->met_table[i].window, &t->model->parameters.tensor[k],
                             &t->tables[k], &t->read.tensor[k]);
    }
}

/* The candidate tower on a tile of this rank's columns: V_mine (columns, width). */
static void embed_column_tile(td_trainer *t, size_t tile)
{
    const size_t width = t->columns.width;
    const td_inputs inputs = td_trainer_columns(t, tile);
    const float *v = td_tower_forward(&t->model->candidate, t->kernels, &t->read, &inputs,
                                      &td_trainer_worker(t)->candidate);
    memcpy(t->my_v + t->batch_columns.tile_offsets[tile] * width, v,
           inputs.count * width * sizeof *v);
}

/* What a thread does of the column tiles in the queue. */
static void take_column_tiles(td_trainer *t, void (*work)(td_trainer *t, size_t tile))
{
    td_tile_taker taker = td_tile_taker_start();
    size_t tile;
    while (td_tile_take(&t->queue, &taker, &tile)) {
        enter(t, TD_PHASE_TOWERS);
        work(t, tile);
        enter(t, TD_PHASE_WAITING);
    }
}

/* Each item once per step. */
static void embed_my_columns(td_trainer *t)
{
    td_tile_queue_fill(&t->queue, t->batch_columns.tiles);
#pragma omp parallel
    take_column_tiles(t, embed_column_tile);
}

/* The factors of this step's scores, and of its gradients: a task's weight, over the number of rows
 * that train it where their mean is trained. */
static void scale_losses(td_trainer *t)
{
    t->tasks[0].retrieval.inverse = td_model_inverse_temperature(t->model);
    for (size_t k = 0; k < t->model->tasks; k++) {
        const td_task *task = &t->model->task[k].is;
        const float rows = (float)(t->task_rows[k] > 0 ? t->task_rows[k] : 1);
        const float scale = (float)task->weight / (task->is_mean ? rows : 1);
        t->tasks[k].retrieval.scale = t->tasks[k].head.scale = scale;
    }
}

/* One row tile: query tower, the tasks, and back through the tower; its terms go to sums. */
static void train_row_tile(td_trainer *t, const td_step *step, size_t tile, td_gradients *sums)
{
    td_worker *w = td_trainer_worker(t);
    const td_model *model = t->model;
    const td_inputs inputs = td_trainer_queries(t, step->batch, tile);
    float *du = step->measures ? NULL : w->dembedding;
    enter(t, TD_PHASE_TOWERS);
    const float *u = td_tower_forward(&model->query, t->kernels, &t->read, &inputs, &w->query);
    memset(w->dembedding, 0, inputs.count * model->query.width * sizeof *w->dembedding);
    td_trainer_run_tasks(t, w, step, tile, u, du, sums);
    enter(t, TD_PHASE_TOWERS);
    if (du)
        td_tower_backward(&model->query, &inputs, du, &w->query, sums);
    enter(t, TD_PHASE_WAITING);
}

/* C: the rows of each group against its columns. */
static void train_groups(td_trainer *t, const td_step *step)
{
    const td_batch *batch = step->batch;
    for (size_t g = 0; g < batch->groups; g++) {
        all_enter(t, TD_PHASE_GATHER);
        td_trainer_set_columns(t, batch, g);
        td_trainer_order_tiles(t, batch, g);
        all_enter(t, TD_PHASE_EXCHANGE);
        td_trainer_meet(t); /* C */
        all_enter(t, TD_PHASE_WAITING);
#pragma omp parallel
        {
            td_tile_taker taker = td_tile_taker_start();
            size_t i;
            while (td_tile_take(&t->queue, &taker, &i))
                train_row_tile(t, step, (uint32_t)t->tile_order[i],
                               &td_trainer_worker(t)->gradients);
        }
        all_enter(t, TD_PHASE_SUMS);
        td_trainer_merge_group(t, g);
        all_enter(t, TD_PHASE_WAITING);
    }
}

/* The candidate tower backward on this rank's columns; their embeddings are computed again, which
 * costs less than keeping every tile's activations. */
static void train_column_tile(td_trainer *t, size_t tile)
{
    td_worker *w = td_trainer_worker(t);
    td_gradients *sums = &w->gradients;
    const td_model *model = t->model;
    const td_inputs inputs = td_trainer_columns(t, tile);
    const size_t width = t->columns.width;
    const td_exact *dv = td_trainer_column_gradients(t, tile, inputs.count);
    const size_t term = td_term_dv(&model->parameters);
    td_exact_to_float(sums->exponents[term], inputs.count * width, dv, w->dembedding);
    td_tower_forward(&model->candidate, t->kernels, &t->read, &inputs, &w->candidate);
    td_tower_backward(&model->candidate, &inputs, w->dembedding, &w->candidate, sums);
}

/* Candidate tower backward, threads sharing the tiles; the first one to come counts the items of
 * the next step instead. */
static void train_column_tiles(td_trainer *t, const td_step *step)
{
    td_tile_queue_fill(&t->queue, step->measures ? 0 : t->batch_columns.tiles);
#pragma omp parallel
    {
#pragma omp single nowait
        {
            enter(t, TD_PHASE_GATHER);
            td_trainer_count_next(t, step);
            enter(t, TD_PHASE_WAITING);
        }
        take_column_tiles(t, train_column_tile);
    }
}

/* C: the sums of the rows that are met go to their owners, who have then those over all ranks. */
static void return_sums(td_trainer *t, td_met_table *met)
{
    td_row_exchange *x = &met->window.rows;
    td_row_sums *sums = &t->tables[met->tensor];
    const size_t width = sums->width;
    td_exact *my_sums = td_buffer_fit(&met->my_sums, x->my_count * width, sizeof *my_sums);
    td_row_exchange_reduce(x, width, sums->sums, my_sums);
    td_row_sums_clear(sums);
    td_row_sums_merge(sums, x->my_count, x->my_ids, my_sums);
}

/* C: the touched rows of tables, from all ranks to all, or to their owners. (Of an owned table that
 * nobody else reads the owner has them already: its users' rows are in its shards, its items'
 * columns are its own.) */
static void exchange_tables(td_trainer *t)
{
    TD_MEMORY_FOR("gradients of rows", "train.batch_size, model.width");
    for (size_t i = 0; i < t->met; i++)
        return_sums(t, &t->met_table[i]);
    const td_parameters *parameters = &t->model->parameters;
    for (size_t i = 0; i < parameters->count && td_comm_size(t->comm) > 1; i++)
        if (parameters->tensor[i].is_table && !parameters->tensor[i].is_owned)
            td_trainer_exchange_rows(t, &t->tables[i]);
}

/* Of a table's rows, whether each is still at its start; NULL without weight decay. */
static uint8_t *at_start_of(td_trainer *t, size_t tensor)
{
    return t->at_start.tensors > 0 ? t->at_start.is_untrained[tensor] : NULL;
}

/* Threads share the parameters, and wait for one another when all are done. */
static void update_parameters(td_trainer *t, const td_optimizer *optimizer)
{
    td_parameters *parameters = &t->model->parameters;
#pragma omp parallel
    {
        td_optimizer_update_dense(optimizer, parameters, t->gradient, t->has_gradient);
        for (size_t i = 0; i < parameters->count; i++)
            if (parameters->tensor[i].is_table)
                td_optimizer_update_table(optimizer, parameters, i, &t->tables[i],
                                          at_start_of(t, i));
    }
}

/* The same with a look at each tensor before and after. */
static void update_with_norms(td_trainer *t, const td_optimizer *optimizer)
{
    td_parameters *parameters = &t->model->parameters;
    td_step_norms_before_dense(&t->norms, parameters);
#pragma omp parallel
    td_optimizer_update_dense(optimizer, parameters, t->gradient, t->has_gradient);
    td_step_norms_after_dense(&t->norms, t->comm, parameters, t->gradient);
    for (size_t i = 0; i < parameters->count; i++) {
        if (!parameters->tensor[i].is_table)
            continue;
        td_step_norms_before_table(&t->norms, parameters, i, &t->tables[i]);
#pragma omp parallel
        td_optimizer_update_table(optimizer, parameters, i, &t->tables[i], at_start_of(t, i));
        td_step_norms_after_table(&t->norms, t->comm, parameters, i, &t->tables[i]);
    }
}

/* The same update on every rank that holds a row; norm is that of the gradient, with clipping. */
static void update(td_trainer *t, const td_step *step, double norm)
{
    const double clip = t->model->config.optimizer_clip_norm;
    td_optimizer optimizer = td_optimizer_of_step(&t->model->config, step->number, step->updates);
    if (clip > 0)
        td_optimizer_clip(&optimizer, td_gradient_clip(norm, clip));
    if (t->model->config.optimizer_weight_decay > 0 && t->at_start.tensors == 0)
        t->at_start = td_untrained_rows_find(t->model);
    if (step->norms)
        update_with_norms(t, &optimizer);
    else
        update_parameters(t, &optimizer);
    td_model_bound_temperature(t->model);
    td_model_refresh(t->model, td_optimizer_changes_all(&optimizer) ? NULL : t->has_gradient);
}

/* Losses as exact sums with their rows; a request is there if any rank has it. */
static td_step_report report_of(td_trainer *t)
{
    const td_exact *totals = t->totals_of_all;
    td_step_report report = {.rows = (int64_t)t->batch_columns.rows, .losses = t->losses};
    for (size_t k = 0; k < t->model->tasks; k++)
        t->losses[k] = (td_task_loss){totals[k], t->task_rows[k],
                                      t->coarser[td_term_loss(&t->model->parameters, k)]};
    for (unsigned i = 0; i < REQUESTS; i++)
        if (totals[t->first_request + i] > 0)
            report.requests = (td_requests)(report.requests | 1U << i);
    return report;
}

/* C: the sums of losses and gradients, from embeddings to what all ranks know; fits: all terms have
 * their place in them. */
static td_status form_sums(td_trainer *t, const td_step *step, bool *fits)
{
    train_groups(t, step); /* C */
    enter(t, TD_PHASE_EXCHANGE);
    if (!step->measures)
        td_trainer_reduce_columns(t); /* C */
    enter(t, TD_PHASE_WAITING);
    train_column_tiles(t, step);
    enter(t, TD_PHASE_SUMS);
    td_trainer_join_workers(t);
    enter(t, TD_PHASE_EXCHANGE);
    return td_trainer_exchange_dense(t, step, fits); /* C: the same verdict on every rank */
}

/* What is measured is so in float, as it is in use. */
static void choose_kernels(td_trainer *t, const td_step *step)
{
    t->kernels = step->measures ? &t->model->kernels : &t->model->training;
    for (int i = 0; i < t->threads; i++)
        t->workers[i].gradients.kernels = t->kernels;
}

td_status td_trainer_step(td_trainer *t, const td_step *step, td_step_report *report)
{
    bool fits;
    const bool trains = !step->measures;
    choose_kernels(t, step);
    enter(t, TD_PHASE_GATHER);
    gather_columns(t, step); /* C */
    td_trainer_draw_dropout(t, step);
    td_trainer_start_units(t);
    td_trainer_touch_tables(t, step->batch);
    enter(t, TD_PHASE_EXCHANGE);
    meet_tables(t); /* C */
    enter(t, TD_PHASE_SUMS);
    td_trainer_clear_sums(t);
    scale_losses(t);
    enter(t, TD_PHASE_WAITING);
    embed_my_columns(t);
    enter(t, TD_PHASE_EXCHANGE);
    td_trainer_spread_columns(t);      /* C */
    TD_TRY(form_sums(t, step, &fits)); /* C */
    while (!fits) {
        enter(t, TD_PHASE_SUMS);
        td_trainer_clear_sums(t);
        TD_TRY(form_sums(t, step, &fits)); /* C: in coarser units */
    }
    if (trains)
        exchange_tables(t); /* C */
    if (trains)
        td_trainer_keep_units(t); /* C where a unit is not the finest */
    const bool clips = trains && t->model->config.optimizer_clip_norm > 0;
    const double norm = clips ? td_trainer_gradient_norm(t) : 0; /* C */
    all_enter(t, TD_PHASE_OPTIMIZER);
    if (trains)
        update(t, step, norm);
    all_enter(t, TD_PHASE_WAITING);
    *report = report_of(t);
    report->gradient_norm = norm;
    return TD_OK;
}
