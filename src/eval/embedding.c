/* Rows of owned tables are brought in a window; each rank embeds its tiles, then one gather. */
#include "eval/embedding.h"

#include "base/memory.h"
#include "base/range.h"
#include "base/tile.h"

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

/* C: brings rows of an owned table here. The caller frees them. */
static float *fetch_rows(td_comm *comm, const td_tensor *table, td_range wanted)
{
    float *rows = TD_NEW(float, (size_t)wanted.count * table->columns);
    td_comm_fetch_rows(comm, table->columns * sizeof *rows, table->held, table->values, wanted,
                       rows);
    return rows;
}

/* C: embeds with windows on the tables of a tower that have owners: the rows from the lowest id to
 * the highest. */
static void embed(td_comm *comm, const td_model *model, const td_tower *tower,
                  const td_inputs *inputs, float *embeddings)
{
    const td_parameters *parameters = &model->parameters;
    td_model window = *model; /* but for where it finds the rows of owned tables */
    window.parameters.tensor = TD_NEW(td_tensor, parameters->count);
    memcpy(window.parameters.tensor, parameters->tensor,
           parameters->count * sizeof *parameters->tensor);
    float **rows = TD_NEW(float *, tower->features);
    for (size_t f = 0; f < tower->features; f++) {
        const td_feature *feature = &tower->feature[f];
        td_tensor *table = &window.parameters.tensor[feature->tensor];
        if (!td_encoder_has_table(feature->encoder) ||
            !parameters->tensor[feature->tensor].is_owned)
            continue;
        /* Only ids themselves are read of a table with an owner. */
        const td_range wanted =
            range_of(inputs->count, (const int32_t *)inputs->of[f].values + inputs->first);
        rows[f] = fetch_rows(comm, &parameters->tensor[feature->tensor], wanted);
        table->held = wanted;
        table->values = rows[f];
    }
    td_model_embed(&window, tower, inputs, embeddings);
    for (size_t f = 0; f < tower->features; f++)
        td_free(rows[f]);
    td_free(rows);
    td_free(window.parameters.tensor);
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
