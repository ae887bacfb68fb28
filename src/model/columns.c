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
    td_free(columns->packed);
    td_free(columns->weights);
    td_free(columns->bias);
}

void td_columns_round(td_columns *columns)
{
    columns->packed = TD_NEW(float, tiles_of(columns->capacity) * TD_COLUMN_TILE * columns->width);
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

static float *vt_of(const td_columns *columns, size_t tile)
{
    return columns->vt + tile * columns->width * TD_COLUMN_STRIDE;
}

/* vt and packed of a tile, rounded; vt filled up with zeros to whole lanes */
static void round_tile(td_columns *columns, const td_kernels *kernels, size_t tile)
{
    const size_t width = columns->width, n = td_columns_in_tile(columns, tile);
    const size_t first = tile * TD_COLUMN_TILE * width;
    const td_view v = {columns->v + first, width, false};
    float *vt = vt_of(columns, tile);
    kernels->pack_right(n, width, v, columns->packed + first, width);
    kernels->pack_right(width, n, (td_view){v.at, width, true}, vt, TD_COLUMN_STRIDE);
    for (size_t k = 0; k < kernels->words(width); k++, vt += TD_COLUMN_STRIDE)
        for (size_t j = n; j < td_lanes_up(n); j++)
            vt[j] = 0;
}

void td_columns_pack(td_columns *columns, const td_kernels *kernels)
{
    const size_t tiles = td_columns_tiles(columns);
    if (!kernels->rounds) {
        td_columns_transpose(columns);
        return;
    }
#pragma omp parallel for
    for (size_t t = 0; t < tiles; t++)
        round_tile(columns, kernels, t);
}

td_view td_columns_right(const td_columns *columns, const td_kernels *kernels, size_t tile)
{
    const float *v = kernels->rounds ? columns->packed : columns->v;
    return (td_view){v + tile * TD_COLUMN_TILE * columns->width, columns->width, false};
}

/* bias + u (1, width) v' (width, 1) */
float td_columns_score_one(const td_columns *columns, const td_kernels *kernels, size_t column,
                           td_view u, float bias)
{
    const size_t width = columns->width;
    const float *v = columns->v + column * width;
    size_t stride = 1;
    float score;
    if (kernels->rounds) {
        v = vt_of(columns, column / TD_COLUMN_TILE) + column % TD_COLUMN_TILE;
        stride = TD_COLUMN_STRIDE;
    }
    kernels->packed_gemm(1, 1, width, u, v, stride, &bias, &score, 1);
    return score;
}

/* scores (rows, columns) = u (rows, width) vt (width, columns) + bias (columns) */
void td_columns_score(const td_columns *columns, const td_kernels *kernels, size_t tile,
                      size_t rows, td_view u, float *scores)
{
    const size_t width = columns->width, n = td_columns_in_tile(columns, tile);
    kernels->packed_gemm(rows, td_lanes_up(n), width, u, vt_of(columns, tile), TD_COLUMN_STRIDE,
                         columns->bias + tile * TD_COLUMN_TILE, scores, TD_COLUMN_STRIDE);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = n; j < td_lanes_up(n); j++)
            scores[r * TD_COLUMN_STRIDE + j] = -INFINITY;
}
