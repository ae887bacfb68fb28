/* Rows of owned tables are brought in a window; each rank embeds its tiles, then one gather. */
#include "eval/embedding.h"

#include "base/memory.h"
#include "base/range.h"
#include "base/tile.h"

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

/* Finds the table of a tower that has owners, if it has one. */
static bool find_owned(const td_model *model, const td_tower *tower, size_t *tensor)
{
    const char *name = tower->side == TD_QUERY ? TD_USER_TABLE : TD_ITEM_TABLE;
    return td_parameters_find(&model->parameters, name, tensor) &&
           model->parameters.tensor[*tensor].is_owned;
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

void td_embed(td_comm *comm, const td_model *model, const td_tower *tower, const td_inputs *inputs,
              float *embeddings)
{
    size_t tensor;
    if (!find_owned(model, tower, &tensor)) {
        td_model_embed(model, tower, inputs, embeddings);
        return;
    }
    const td_range wanted =
        range_of(inputs->count, tower->side == TD_QUERY ? inputs->user : inputs->item);
    td_model window = *model; /* but for where it finds the table's rows */
    td_tensor *table = &window.parameters.tensor[tensor];
    float *rows = fetch_rows(comm, table, wanted);
    table->held = wanted;
    table->values = rows;
    td_model_embed(&window, tower, inputs, embeddings);
    td_free(rows);
}

float *td_embed_all(td_comm *comm, const td_model *model, const td_tower *tower,
                    const td_inputs *inputs)
{
    size_t first, count, total;
    td_share_tiles(comm, inputs->count, &first, &count);
    float *mine = TD_NEW(float, count * tower->width);
    const td_inputs part = td_inputs_part(inputs, first, count);
    td_embed(comm, model, tower, &part, mine);
    float *all = td_comm_allgatherv(comm, mine, count, tower->width * sizeof *mine, &total);
    td_free(mine);
    return all;
}
