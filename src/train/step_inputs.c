/* What towers and heads read in a step: of its rows, or of the columns that this rank embeds. */
#include "train/trainer_parts.h"

td_inputs td_trainer_queries(const td_trainer *t, const td_batch *batch, size_t tile)
{
    const int64_t first = batch->offsets[tile];
    const td_queries queries = {
        (size_t)batch->rows.count, batch->rows.user, &batch->rows.frame, NULL, &batch->lists, NULL};
    td_field_view *views = td_trainer_worker(t)->query_views;
    td_inputs all = td_inputs_of_queries(t->model->spec, &queries, views);
    all.draws = t->draws;
    all.draws.rows = batch->rows.row;
    td_id_dropout_hide(&t->dropout[TD_QUERY], 0, views);
    return td_inputs_part(&all, (size_t)first, (size_t)(batch->offsets[tile + 1] - first));
}

td_inputs td_trainer_columns(const td_trainer *t, size_t tile)
{
    const td_batch_columns *columns = &t->batch_columns;
    const size_t first = columns->tile_offsets[tile], end = columns->tile_offsets[tile + 1];
    td_field_view *views = td_trainer_worker(t)->candidate_views;
    td_inputs inputs =
        td_inputs_of_items(t->model->spec, end - first, columns->items.my_ids + first, views);
    inputs.draws = t->draws;
    inputs.draws.items = columns->items.my_ids + first;
    td_id_dropout_hide(&t->dropout[TD_CANDIDATE], first, views);
    return inputs;
}

td_inputs td_trainer_head_inputs(const td_trainer *t, const td_batch *batch, size_t task)
{
    const td_queries queries = {.count = (size_t)batch->rows.count, .context = &batch->rows.frame};
    td_inputs inputs =
        td_head_inputs(&t->model->task[task].head, &queries, td_trainer_worker(t)->head_views);
    inputs.draws = t->draws;
    inputs.draws.rows = batch->rows.row;
    return inputs;
}

void td_trainer_draw_dropout(td_trainer *t, const td_step *step)
{
    const int64_t number = step->number;
    const td_rows *rows = &step->batch->rows;
    const td_row_exchange *items = &t->batch_columns.items;
    t->draws = (td_draws){.seed = (uint64_t)t->model->config.train_seed, .step = number};
    td_id_dropout_draw(&t->dropout[TD_QUERY], number, (size_t)rows->count, rows->user, rows->row);
    td_id_dropout_draw(&t->dropout[TD_CANDIDATE], number, items->my_count, items->my_ids, NULL);
}

void td_trainer_order_tiles(td_trainer *t, const td_batch *batch, size_t group)
{
    const size_t first = batch->group_tiles[group], end = batch->group_tiles[group + 1];
    for (size_t i = first; i < end; i++) {
        const int64_t rows = batch->offsets[i + 1] - batch->offsets[i];
        t->tile_order[i - first] = (uint64_t)(TD_TILE_ROWS - rows) << 32 | i;
    }
    td_tile_queue_fill(&t->queue, end - first);
    td_tile_queue_sort(&t->queue, t->tile_order);
}
