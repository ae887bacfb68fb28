/* Tiles of columns. The transposed copy lets scores run along columns, dV and dU along width. */
#include "model/columns.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static size_t tiles_of(size_t columns)
{
    return (columns + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
}

/* In floats, each a whole number of cache lines: v (capacity, width); vt and packed the same by
 * tiles, each (width, TD_COLUMN_STRIDE) and (TD_COLUMN_TILE, width) */
typedef struct {
    size_t v;
    size_t vt;
    size_t packed;
} sizes;

static sizes sizes_of(size_t width, size_t capacity, bool rounds)
{
    const size_t tiles = tiles_of(capacity);
    return (sizes){.v = td_lanes_up(capacity * width),
                   .vt = tiles * width * TD_COLUMN_STRIDE,
                   .packed = rounds ? tiles * TD_COLUMN_TILE * width : 0};
}

size_t td_columns_bytes(size_t width, size_t capacity, bool rounds)
{
    const sizes n = sizes_of(width, capacity, rounds);
    return (n.v + n.vt + n.packed) * sizeof(float);
}

void td_columns_create(td_columns *columns, size_t width, size_t capacity, bool rounds, void *room)
{
    const sizes n = sizes_of(width, capacity, rounds);
    *columns = (td_columns){.width = width, .capacity = capacity};
    columns->own = room ? NULL : TD_NEW(float, n.v + n.vt + n.packed);
    columns->v = room ? room : columns->own;
    columns->vt = columns->v + n.v;
    columns->packed = rounds ? columns->vt + n.vt : NULL;
    columns->weights = TD_NEW(float, td_lanes_up(capacity));
    columns->bias = TD_NEW(float, td_lanes_up(capacity));
}

void td_columns_free(td_columns *columns)
{
    td_free(columns->own);
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

void td_columns_pack(td_columns *columns, const td_kernels *kernels, td_range tiles)
{
#pragma omp parallel for
    for (int64_t t = tiles.first; t < td_range_end(tiles); t++)
        if (kernels && kernels->rounds)
            round_tile(columns, kernels, (size_t)t);
        else
            transpose_tile(columns, (size_t)t);
}

void td_columns_transpose(td_columns *columns)
{
    td_columns_pack(columns, NULL, (td_range){0, (int64_t)td_columns_tiles(columns)});
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
