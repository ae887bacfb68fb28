/* Tiles of columns. The transposed copy lets scores run along columns, dV and dU along width. */
#include "model/columns.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static size_t tiles_of(size_t columns)
{
    return (columns + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
}

/* v (capacity, width); vt the same by tiles, each (width, TD_COLUMN_STRIDE) */
void td_columns_create(td_columns *columns, size_t width, size_t capacity)
{
    *columns = (td_columns){.width = width, .capacity = capacity};
    columns->v = TD_NEW(float, capacity *width);
    columns->vt = TD_NEW(float, tiles_of(capacity) * width * TD_COLUMN_STRIDE);
    columns->weights = TD_NEW(float, td_lanes_up(capacity));
    columns->bias = TD_NEW(float, td_lanes_up(capacity));
}

void td_columns_free(td_columns *columns)
{
    td_free(columns->v);
    td_free(columns->vt);
    td_free(columns->weights);
    td_free(columns->bias);
}

void td_columns_resize(td_columns *columns, size_t count)
{
    columns->count = count;
    for (size_t i = count; i < td_lanes_up(count); i++)
        columns->weights[i] = 0;
}

size_t td_columns_tiles(const td_columns *columns)
{
    return tiles_of(columns->count);
}

size_t td_columns_in_tile(const td_columns *columns, size_t tile)
{
    size_t left = columns->count - tile * TD_COLUMN_TILE;
    return left < TD_COLUMN_TILE ? left : TD_COLUMN_TILE;
}

/* vt (width, columns) = v' of a tile, filled up with zeros to whole lanes */
static void transpose_tile(td_columns *columns, size_t tile)
{
    const size_t width = columns->width, n = td_columns_in_tile(columns, tile);
    const float *v = columns->v + tile * TD_COLUMN_TILE * width;
    float *vt = columns->vt + tile * width * TD_COLUMN_STRIDE;
    for (size_t k = 0; k < width; k++) {
        float *row = vt + k * TD_COLUMN_STRIDE;
        for (size_t j = 0; j < n; j++)
            row[j] = v[j * width + k];
        for (size_t j = n; j < td_lanes_up(n); j++)
            row[j] = 0;
    }
}

void td_columns_transpose(td_columns *columns)
{
    const size_t tiles = td_columns_tiles(columns);
#pragma omp parallel for
    for (size_t t = 0; t < tiles; t++)
        transpose_tile(columns, t);
}

/* scores (rows, columns) = u (rows, width) vt (width, columns) + bias (columns) */
void td_columns_score(const td_columns *columns, const td_kernels *kernels, size_t tile,
                      size_t rows, const float *u, float *scores)
{
    const size_t width = columns->width, n = td_columns_in_tile(columns, tile);
    kernels->gemm(rows, td_lanes_up(n), width, (td_view){u, width, false},
                  columns->vt + tile * width * TD_COLUMN_STRIDE, TD_COLUMN_STRIDE,
                  columns->bias + tile * TD_COLUMN_TILE, scores, TD_COLUMN_STRIDE);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = n; j < td_lanes_up(n); j++)
            scores[r * TD_COLUMN_STRIDE + j] = -INFINITY;
}
