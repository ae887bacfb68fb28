/* The sums of a step before it adds to them: which rows of tables have some, and all set to 0. What
 * is here waits for no other rank, and nobody works meanwhile: threads share it. */
#include "base/memory.h"
#include "train/trainer_parts.h"

#include <string.h>

/* Gives each row of a table that heads read a slot. */
static void touch_heads(td_trainer *t, const td_batch *batch, size_t tensor)
{
    for (size_t k = 0; k < t->model->tasks; k++) {
        const td_model_task *task = &t->model->task[k];
        if (!task->is.loss || task->is.weight <= 0)
            continue;
        const td_inputs inputs = td_trainer_head_inputs(t, batch, k);
        td_head_touch(&task->head, (size_t)batch->rows.count, batch->rows.user, batch->rows.item,
                      &inputs, tensor, t->tables);
    }
}

/* Gives each row of a table that this rank touches a slot. */
static void touch_table(td_trainer *t, const td_batch *batch, size_t tensor)
{
    td_row_sums_clear(&t->tables[tensor]);
    for (size_t i = 0; i < batch->tiles; i++) {
        const td_inputs inputs = td_trainer_queries(t, batch, i);
        td_tower_touch(&t->model->query, &inputs, tensor, t->tables);
    }
    touch_heads(t, batch, tensor);
    for (size_t i = 0; i < t->batch_columns.tiles; i++) {
        const td_inputs inputs = td_trainer_columns(t, i);
        td_tower_touch(&t->model->candidate, &inputs, tensor, t->tables);
    }
}

/* Each thread a table. */
void td_trainer_touch_tables(td_trainer *t, const td_batch *batch)
{
    TD_MEMORY_FOR("gradients of rows", "train.batch_size, model.width");
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < t->model->parameters.count; i++)
        if (t->model->parameters.tensor[i].is_table)
            touch_table(t, batch, i);
}

/* Each thread its own, and a share of those of tables and columns. Rows keep their slots, by which
 * those that were brought here are found, and their sums return. */
void td_trainer_clear_sums(td_trainer *t)
{
    const td_parameters *parameters = &t->model->parameters;
    const size_t width = t->columns.width;
    const size_t columns = td_trainer_has_one_place(t) ? 0 : t->batch_columns.items.count;
#pragma omp parallel
    {
#pragma omp for nowait
        for (int i = 0; i < t->threads; i++) {
            td_worker *w = &t->workers[i];
            td_gradients_clear(&w->gradients);
            memset(w->squares, 0, (t->model->tasks + 1) * SQUARE_SIZES * sizeof *w->squares);
        }
        for (size_t i = 0; i < parameters->count; i++)
            if (parameters->tensor[i].is_table)
                td_row_sums_zero(&t->tables[i]);
#pragma omp for nowait
        for (size_t j = 0; j < columns; j++)
            memset(t->dv + j * width, 0, width * sizeof *t->dv);
    }
    td_trainer_set_units(t);
}
