/* Each rank its tiles, then one gather. */
#include "eval/embedding.h"

#include "base/memory.h"
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

float *td_embed_all(td_comm *comm, const td_model *model, const td_tower *tower,
                    const td_inputs *inputs)
{
    size_t first, count, total;
    td_share_tiles(comm, inputs->count, &first, &count);
    float *mine = TD_NEW(float, count * tower->width);
    const td_inputs part = td_inputs_part(inputs, first, count);
    td_model_embed(model, tower, &part, mine);
    float *all = td_comm_gather_all(comm, mine, count, tower->width * sizeof *mine, &total);
    td_free(mine);
    return all;
}
