/* Rows of owned tables are brought in a window; each rank embeds its tiles, then one gather. */
#include "eval/embedding.h"

#include "base/memory.h"
#include "base/range.h"
#include "base/tile.h"
#include "eval/table_window.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void td_share_tiles(const td_comm *comm, size_t rows, size_t *first, size_t *count)
{
    int64_t tile, tiles;
    td_comm_share(comm, (int64_t)((rows + TD_TILE_ROWS - 1) / TD_TILE_ROWS), &tile, &tiles);
    *first = smaller((size_t)tile * TD_TILE_ROWS, rows);
    *count = smaller((size_t)(tile + tiles) * TD_TILE_ROWS, rows) - *first;
}

static td_range range_of(size_t n, const int32_t *ids)
{
    if (n == 0)
        return (td_range){0, 0};
    int32_t low = ids[0], high = ids[0];
    for (size_t i = 1; i < n; i++) {
        low = ids[i] < low ? ids[i] : low;
        high = ids[i] > high ? ids[i] : high;
    }
    return (td_range){low, (int64_t)high - low + 1};
}

/* Rows of a table that were brought here: a range of them, or those that are named. */
typedef struct {
    float *range;
    bool is_met;
    td_table_window met;
    td_row_sums named; /* without sums */
} window;

/* C: the rows from the lowest id to the highest, of a table of which ids themselves are read. */
static void fetch_range(td_comm *comm, const td_tensor *table, const td_inputs *inputs, size_t f,
                        td_tensor *seen, window *w)
{
    const td_range wanted =
        range_of(inputs->count, (const int32_t *)inputs->of[f].values + inputs->first);
    w->range = TD_NEW(float, (size_t)wanted.count * table->columns);
    td_comm_fetch_rows(comm, table->columns * sizeof *w->range, table->held, table->values, wanted,
                       w->range);
    seen->held = wanted;
    seen->values = w->range;
}

/* C: the rows that any of the tower's features names. */
static void fetch_named(td_comm *comm, const td_tower *tower, const td_tensor *table,
                        const td_inputs *inputs, size_t tensor, td_tensor *seen, window *w)
{
    w->is_met = true;
    td_table_window_create(&w->met, comm, table);
    td_row_sums_create(&w->named, (td_range){0, (int64_t)table->rows}, 0);
    for (size_t f = 0; f < tower->features; f++) {
        td_feature feature = tower->feature[f];
        const td_encoder_rows rows = {&inputs->of[f], inputs->first, inputs->count};
        if (!td_encoder_has_table(feature.encoder) || feature.tensor != tensor)
            continue;
        feature.tensor = 0; /* among the sums, which are of this table alone */
        td_feature_touch(&feature, &rows, &w->named);
    }
    td_table_window_meet(&w->met, table, &w->named, seen);
}

static void free_window(window *w)
{
    td_free(w->range);
    if (!w->is_met)
        return;
    td_table_window_free(&w->met);
    td_row_sums_free(&w->named);
}

/* C: embeds with windows on the tables of a tower that have owners. */
static void embed(td_comm *comm, const td_model *model, const td_tower *tower,
                  const td_inputs *inputs, float *embeddings)
{
    const td_parameters *parameters = &model->parameters;
    td_model seen = *model; /* but for where it finds the rows of owned tables */
    seen.parameters.tensor = TD_NEW(td_tensor, parameters->count);
    memcpy(seen.parameters.tensor, parameters->tensor,
           parameters->count * sizeof *parameters->tensor);
    window *windows = TD_NEW(window, parameters->count);
    for (size_t f = 0; f < tower->features; f++) {
        const td_feature *feature = &tower->feature[f];
        const size_t t = feature->tensor;
        const td_tensor *table = &parameters->tensor[t];
        if (!td_encoder_has_table(feature->encoder) || !table->is_owned || windows[t].is_met)
            continue;
        if (td_spec_find_table(model->spec, table->name)->is_met)
            fetch_named(comm, tower, table, inputs, t, &seen.parameters.tensor[t], &windows[t]);
        else if (!windows[t].range)
            fetch_range(comm, table, inputs, f, &seen.parameters.tensor[t], &windows[t]);
    }
    td_model_embed(&seen, tower, inputs, embeddings);
    for (size_t t = 0; t < parameters->count; t++)
        free_window(&windows[t]);
    td_free(windows);
    td_free(seen.parameters.tensor);
}

/* C: each rank embeds its share of the same inputs, and gets all embeddings. */
static float *embed_all(td_comm *comm, const td_model *model, const td_tower *tower,
                        const td_inputs *inputs)
{
    size_t first, count, total;
    td_share_tiles(comm, inputs->count, &first, &count);
    float *mine = TD_NEW(float, count * tower->width);
    const td_inputs part = td_inputs_part(inputs, first, count);
    embed(comm, model, tower, &part, mine);
    float *all = td_comm_allgatherv(comm, mine, count, tower->width * sizeof *mine, &total);
    td_free(mine);
    return all;
}

void td_embed_queries(td_comm *comm, const td_model *model, const td_queries *queries, float *u)
{
    td_field_view *views = TD_NEW(td_field_view, model->query.features);
    const td_inputs inputs = td_inputs_of_queries(model->spec, queries, views);
    embed(comm, model, &model->query, &inputs, u);
    td_free(views);
}

void td_embed_candidates(td_comm *comm, const td_model *model, size_t count, const int32_t *items,
                         float *v)
{
    td_field_view *views = TD_NEW(td_field_view, model->candidate.features);
    const td_inputs inputs = td_inputs_of_items(model->spec, count, items, views);
    embed(comm, model, &model->candidate, &inputs, v);
    td_free(views);
}

float *td_embed_all_queries(td_comm *comm, const td_model *model, const td_queries *queries)
{
    td_field_view *views = TD_NEW(td_field_view, model->query.features);
    const td_inputs inputs = td_inputs_of_queries(model->spec, queries, views);
    float *u = embed_all(comm, model, &model->query, &inputs);
    td_free(views);
    return u;
}

float *td_embed_all_candidates(td_comm *comm, const td_model *model, size_t count,
                               const int32_t *items)
{
    td_field_view *views = TD_NEW(td_field_view, model->candidate.features);
    const td_inputs inputs = td_inputs_of_items(model->spec, count, items, views);
    float *v = embed_all(comm, model, &model->candidate, &inputs);
    td_free(views);
    return v;
}
