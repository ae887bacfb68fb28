/* Rows of owned tables are brought in a window; each rank embeds its tiles, then one gather. */
#include "eval/embedding.h"

#include "base/memory.h"
#include "base/range.h"
#include "eval/table_window.h"

#include <string.h>

/* Whole tiles of rows by ranks; the last tile is cut at the rows' end. */
void td_share_tiles(const td_comm *comm, size_t rows, size_t *first, size_t *count)
{
    int64_t tile, tiles;
    td_comm_share(comm, (int64_t)((rows + TD_TILE_ROWS - 1) / TD_TILE_ROWS), &tile, &tiles);
    const int64_t from = td_smaller(tile * TD_TILE_ROWS, (int64_t)rows);
    *first = (size_t)from;
    *count = (size_t)(td_smaller((tile + tiles) * TD_TILE_ROWS, (int64_t)rows) - from);
}

/* From the lowest to the highest of n ids. */
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
    for (size_t f = 0; f < tower->reads.count; f++) {
        td_feature feature = tower->reads.feature[f];
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
    for (size_t f = 0; f < tower->reads.count; f++) {
        const td_feature *feature = &tower->reads.feature[f];
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

/* C: inputs that are the same on every rank are shared: each embeds its tiles, and gets all. */
static void embed_shared(td_comm *comm, const td_model *model, const td_tower *tower,
                         const td_inputs *inputs, bool are_same, float *embeddings)
{
    size_t first, count, total;
    if (!are_same) {
        embed(comm, model, tower, inputs, embeddings);
        return;
    }
    td_share_tiles(comm, inputs->count, &first, &count);
    const size_t row_bytes = tower->width * sizeof *embeddings;
    const td_inputs part = td_inputs_part(inputs, first, count);
    float *mine = td_allocate(count, row_bytes);
    embed(comm, model, tower, &part, mine);
    float *all = td_comm_allgatherv(comm, mine, count, row_bytes, &total);
    memcpy(embeddings, all, total * row_bytes);
    td_free(mine);
    td_free(all);
}

void td_embed_queries(td_comm *comm, const td_model *model, const td_queries *queries,
                      bool are_same, float *u)
{
    td_field_view *views = TD_NEW(td_field_view, model->query.reads.count);
    const td_inputs inputs = td_inputs_of_queries(model->spec, queries, views);
    embed_shared(comm, model, &model->query, &inputs, are_same, u);
    td_free(views);
}

void td_embed_items(td_comm *comm, const td_model *model, size_t count, const int32_t *items,
                    bool are_same, float *v)
{
    td_field_view *views = TD_NEW(td_field_view, model->candidate.reads.count);
    const td_inputs inputs = td_inputs_of_items(model->spec, count, items, views);
    embed_shared(comm, model, &model->candidate, &inputs, are_same, v);
    td_free(views);
}

float *td_embed_described_items(td_comm *comm, const td_model *model, size_t count,
                                const int32_t *items, const td_frame *fields)
{
    td_field_view *views = TD_NEW(td_field_view, model->candidate.reads.count);
    const td_inputs inputs = td_inputs_of_items(model->spec, count, items, views);
    td_inputs_describe_items(model->spec, fields, views);
    float *v = TD_NEW(float, count * model->candidate.width);
    embed_shared(comm, model, &model->candidate, &inputs, true, v);
    td_free(views);
    return v;
}

/* C: items without training rows, or with some, are scored only. */
static td_status keep_those(td_dataset *data, bool trained, int32_t *weight)
{
    int64_t *counts;
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    for (int64_t i = 0; i <= td_dataset_info(data)->items; i++)
        if (weight[i] > 0 && (counts[i] > 0) != trained)
            weight[i] = TD_SCORED_ONLY;
    td_free(counts);
    return TD_OK;
}

td_status td_candidates_count(td_dataset *data, int choice, int32_t **weight)
{
    const td_data_info *info = td_dataset_info(data);
    int32_t *catalog;
    TD_TRY(td_dataset_read_catalog(data, &catalog));
    *weight = TD_NEW(int32_t, (size_t)info->items + 1);
    for (int64_t i = 0; i < info->catalog; i++) {
        int32_t *w = &(*weight)[catalog[i]];
        *w = choice == TD_CANDIDATES_ROWS ? *w + 1 : 1;
    }
    td_free(catalog);
    if (choice != TD_CANDIDATES_TRAINED && choice != TD_CANDIDATES_COLD)
        return TD_OK;
    return keep_those(data, choice == TD_CANDIDATES_TRAINED, *weight);
}

typedef struct {
    td_comm *comm;
    const td_model *model;
} source;

/* C */
static void embed_partition(const void *context, size_t n, const int32_t *items, float *v)
{
    const source *from = context;
    td_embed_items(from->comm, from->model, n, items, false, v);
}

void td_candidates_embed(td_candidates *candidates, td_comm *comm, const td_model *model,
                         const int32_t *weight)
{
    const source from = {comm, model};
    td_candidates_create(candidates, comm, model->spec->items, weight, model->candidate.width,
                         embed_partition, &from);
}
