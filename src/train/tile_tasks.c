/* The tasks of a step on a tile of rows. */
#include "train/trainer_parts.h"

#include <string.h>

const void *td_trainer_field(const td_rows *rows, const char *name)
{
    if (strcmp(name, "rating") == 0)
        return rows->rating;
    return strcmp(name, "weight") == 0 ? rows->weight : td_frame_values(&rows->frame, name);
}

const uint8_t *td_trainer_rows_of(const td_trainer *t, const td_batch *batch, size_t task)
{
    if (batch->trains)
        return batch->trains[task];
    return t->model->task[task].is.trains
               ? td_trainer_field(&batch->rows, t->model->task[task].is.trains)
               : NULL;
}

/* What a head reads of chosen rows: the views have their places in the batch. */
static td_inputs choose_inputs(const td_trainer *t, const td_head_net *head, td_worker *w,
                               size_t rows)
{
    td_draws draws = t->draws;
    draws.rows = w->chosen.rows;
    for (size_t f = 0; f < head->reads.count; f++)
        w->head_views[f].index = w->chosen.moments;
    return (td_inputs){0, rows, w->head_views, draws};
}

/* Copies those of a tile's rows that train a task, so that they stand together. */
static td_task_rows choose_rows(const td_trainer *t, const td_task_rows *all, const uint8_t *trains,
                                td_chosen_rows *chosen)
{
    const size_t width = t->columns.width;
    size_t n = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!trains[i])
            continue;
        chosen->places[n] = (uint16_t)i;
        chosen->own[n] = all->own[i];
        chosen->users[n] = all->users[i];
        chosen->items[n] = all->items[i];
        chosen->moments[n] = (int32_t)(all->inputs.first + i);
        chosen->rows[n] = all->inputs.draws.rows[i];
        chosen->labels[n] = all->labels ? all->labels[i] : 0;
        chosen->weights[n] = all->weights[i];
        chosen->masked[n] = all->masked ? all->masked[i] : (td_range){0, 0};
        chosen->negatives[n] = td_user_negatives_of(&t->user_negatives, all->users[i]);
        memcpy(chosen->u + n * width, all->u + i * width, width * sizeof *chosen->u);
        n++;
    }
    return (td_task_rows){.count = n,
                          .u = chosen->u,
                          .own = chosen->own,
                          .users = chosen->users,
                          .items = chosen->items,
                          .labels = chosen->labels,
                          .weights = chosen->weights,
                          .masked = all->masked ? chosen->masked : NULL,
                          .masked_columns = all->masked_columns,
                          .negatives = chosen->negatives,
                          .negative_columns = t->user_negatives.columns};
}

/* One task on a tile's rows; adds to du, unless it is NULL, and to the sums. */
static void run_task(const td_trainer *t, td_worker *w, size_t k, const td_task_rows *rows,
                     float *du, td_gradients *sums)
{
    if (t->model->task[k].is.loss)
        td_head_tile(&t->tasks[k].head, rows, &w->tasks[k].head, du, sums);
    else
        td_retrieval_tile(&t->tasks[k].retrieval, rows, &w->tasks[k].retrieval, du, sums);
}

/* The same on those of the rows that train the task. */
static void run_task_on_chosen(const td_trainer *t, td_worker *w, size_t k, const td_task_rows *all,
                               const uint8_t *trains, float *du, td_gradients *sums)
{
    const size_t width = t->columns.width;
    const td_chosen_rows *chosen = &w->chosen;
    td_task_rows rows = choose_rows(t, all, trains, &w->chosen);
    if (rows.count == 0)
        return;
    rows.inputs = choose_inputs(t, &t->model->task[k].head, w, rows.count);
    memset(chosen->du, 0, rows.count * width * sizeof *chosen->du);
    run_task(t, w, k, &rows, du ? chosen->du : NULL, sums);
    for (size_t i = 0; du && i < rows.count; i++)
        for (size_t d = 0; d < width; d++)
            du[chosen->places[i] * width + d] += chosen->du[i * width + d];
}

/* Adds to the sum of squares of this size: 2^28 times as large a one has 2^28 times the unit. What
 * is too large for a float counts as the largest that is not: the norms are to look at. */
static void add_square(float square, td_exact squares[SQUARE_SIZES])
{
    int size = 0;
    float most = 0x1p14F;
    for (; size < SQUARE_SIZES - 1 && !(square < most); size++)
        most *= (float)(1 << SQUARE_BITS);
    square = square < most ? square : most;
    td_exact_add(TD_EXACT_TOTAL - size * SQUARE_BITS, 1, &square, &squares[size]);
}

/* Adds the squares of the rows' norms of a task's gradient, or of task `tasks`, that of all; by the
 * query's coordinate for biases, a constant, there is none. */
static void add_squares(const td_trainer *t, td_worker *w, size_t task, size_t rows,
                        const float *du)
{
    const float scale = td_trainer_scale(t, task);
    const size_t width = t->columns.width, learned = width - t->model->query.biases;
    for (size_t i = 0; i < rows; i++) {
        float square = 0;
        for (size_t d = 0; d < learned; d++)
            square += du[i * width + d] / scale * (du[i * width + d] / scale);
        add_square(square, w->squares + task * SQUARE_SIZES);
    }
}

/* What a head reads of a tile's rows; retrieval, which reads nothing, would count from the same. */
static td_inputs inputs_of_tile(const td_trainer *t, const td_batch *batch, size_t k, size_t first,
                                size_t n)
{
    const td_inputs all = td_trainer_head_inputs(t, batch, k);
    return td_inputs_part(&all, first, n);
}

void td_trainer_run_tasks(const td_trainer *t, td_worker *w, const td_step *step, size_t tile,
                          const float *u, float *du, td_gradients *sums)
{
    const td_batch *batch = step->batch;
    const int64_t first = batch->offsets[tile];
    const size_t n = (size_t)(batch->offsets[tile + 1] - first), values = n * t->columns.width;
    float *dtask = step->norms ? w->dtask : du;
    for (size_t k = 0; k < t->model->tasks; k++) {
        const td_task *task = &t->model->task[k].is;
        if (!step->measures && task->weight <= 0)
            continue;
        const uint8_t *trains = td_trainer_rows_of(t, batch, k);
        const td_task_rows rows = {
            .count = n,
            .u = u,
            .own = t->batch_columns.own + first,
            .users = batch->rows.user + first,
            .items = batch->rows.item + first,
            .inputs = inputs_of_tile(t, batch, k, (size_t)first, n),
            .labels = task->label
                          ? (const float *)td_trainer_field(&batch->rows, task->label) + first
                          : NULL,
            .weights = task->weights
                           ? (const float *)td_trainer_field(&batch->rows, task->weights) + first
                           : t->ones,
            .masked = t->own_items.masked ? t->own_items.masked + first : NULL,
            .masked_columns = td_own_items_columns(&t->own_items)};
        td_stopwatch_enter(&w->watch, task->loss ? TD_PHASE_HEAD : TD_PHASE_SOFTMAX);
        if (step->norms)
            memset(dtask, 0, values * sizeof *dtask);
        if (trains)
            run_task_on_chosen(t, w, k, &rows, trains + first, dtask, sums);
        else
            run_task(t, w, k, &rows, dtask, sums);
        if (step->norms)
            add_squares(t, w, k, rows.count, dtask);
        for (size_t i = 0; i < values && step->norms; i++)
            du[i] += dtask[i];
    }
    if (step->norms)
        add_squares(t, w, t->model->tasks, values / t->columns.width, du);
}
