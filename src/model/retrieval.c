/* The fused softmax: scores, losses and both gradients of one row tile, column tile by column
 * tile. Scores are kept as exp(score - the column tile's maximum of the row). */
#include "model/retrieval.h"

#include "base/memory.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

static size_t tiles_up(size_t tiles)
{
    return td_lanes_up(tiles);
}

td_retrieval_scratch td_retrieval_scratch_create(size_t rows, size_t columns, size_t width)
{
    size_t tiles = (columns + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
    size_t most = rows > TD_COLUMN_TILE ? rows : TD_COLUMN_TILE;
    return (td_retrieval_scratch){
        .tiles = tiles,
        .u = TD_NEW(float, rows *width),
        .scores = TD_NEW(float, tiles *rows *TD_COLUMN_STRIDE),
        .maxima = TD_NEW(float, rows *tiles_up(tiles)),
        .sums = TD_NEW(float, rows *tiles_up(tiles)),
        .own = TD_NEW(float, rows),
        .factor = TD_NEW(float, rows),
        .terms = TD_NEW(float, most *width),
        .du = TD_NEW(td_exact, rows * width),
    };
}

void td_retrieval_scratch_free(td_retrieval_scratch *scratch)
{
    td_free(scratch->u);
    td_free(scratch->scores);
    td_free(scratch->maxima);
    td_free(scratch->sums);
    td_free(scratch->own);
    td_free(scratch->factor);
    td_free(scratch->terms);
    td_free(scratch->du);
}

/* What a tile's functions share. */
typedef struct {
    const td_retrieval *task;
    const td_columns *columns;
    const td_kernels *kernels;
    size_t rows;
    size_t width;
    size_t tiles;
    size_t tile_stride; /* of maxima and sums: tiles, up to whole lanes */
    const float *u;
    const int32_t *own;
    const float *weights;
    td_retrieval_scratch *scratch;
    td_gradients *gradients;
} tile;

static float *scores_of(const tile *t, size_t column_tile)
{
    return t->scratch->scores + column_tile * t->rows * TD_COLUMN_STRIDE;
}

static bool owns(const tile *t, size_t row, size_t column_tile)
{
    return (size_t)t->own[row] / TD_COLUMN_TILE == column_tile;
}

static void scale_queries(const tile *t)
{
    const float inverse = 1 / t->task->temperature;
    for (size_t i = 0; i < t->rows * t->width; i++)
        t->scratch->u[i] = t->u[i] * inverse;
}

/* Scores, then each row's maximum, exponentials and their weighted sum in this column tile. */
static void score_column_tile(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    const float *multiplicity = t->columns->weights + c * TD_COLUMN_TILE;
    td_columns_score(t->columns, t->kernels, c, t->rows, s->u, scores_of(t, c));
    for (size_t i = 0; i < t->rows; i++) {
        float *row = scores_of(t, c) + i * TD_COLUMN_STRIDE;
        size_t at = i * t->tile_stride + c;
        if (owns(t, i, c))
            s->own[i] = row[(size_t)t->own[i] % TD_COLUMN_TILE];
        s->maxima[at] = t->kernels->row_max(n, row);
        s->sums[at] = t->kernels->row_exp(n, s->maxima[at], multiplicity, row);
    }
}

/* Combines the column tiles of each row: its loss, and what its exponentials are scaled by. */
static void combine_column_tiles(const tile *t, td_exact *loss)
{
    td_retrieval_scratch *s = t->scratch;
    const float inverse = 1 / t->task->temperature;
    for (size_t i = 0; i < t->rows; i++) {
        float *maxima = s->maxima + i * t->tile_stride, *sums = s->sums + i * t->tile_stride;
        for (size_t c = t->tiles; c < t->tile_stride; c++) {
            maxima[c] = -INFINITY;
            sums[c] = 0;
        }
        float max = t->kernels->row_max(t->tile_stride, maxima);
        float z = t->kernels->row_exp(t->tile_stride, max, sums, maxima);
        float row_loss = t->weights[i] * (td_ln(z) + (max - s->own[i]));
        s->factor[i] = t->weights[i] * inverse / z;
        td_magnitude size = t->kernels->exact_add(TD_EXACT_TOTAL, 1, &row_loss, loss);
        td_gradients_note(t->gradients, TD_TERM_LOSS, size);
    }
}

/* Turns the exponentials of a column tile into gradients of the scores' dot products. */
static void differentiate_scores(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    const float *multiplicity = t->columns->weights + c * TD_COLUMN_TILE;
    const float inverse = 1 / t->task->temperature;
    for (size_t i = 0; i < t->rows; i++) {
        float *row = scores_of(t, c) + i * TD_COLUMN_STRIDE;
        float factor = s->factor[i] * s->maxima[i * t->tile_stride + c];
        t->kernels->row_scale(n, factor, multiplicity, row);
        if (owns(t, i, c))
            row[(size_t)t->own[i] % TD_COLUMN_TILE] -= t->weights[i] * inverse;
    }
}

static void add_du(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const td_view scores = {scores_of(t, c), TD_COLUMN_STRIDE, 1};
    const td_view v = {t->columns->v + c * TD_COLUMN_TILE * t->width, t->width, 1};
    const size_t n = t->rows * t->width;
    memset(s->terms, 0, n * sizeof *s->terms);
    t->kernels->gemm(t->rows, t->width, td_columns_in_tile(t->columns, c), scores, v, s->terms,
                     t->width);
    td_gradients_note(t->gradients, TD_TERM_DU,
                      t->kernels->exact_add(TD_EXACT_GRADIENT, n, s->terms, s->du));
}

static void add_dv(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const td_view scores = {scores_of(t, c), 1, TD_COLUMN_STRIDE};
    const size_t columns = td_columns_in_tile(t->columns, c), n = columns * t->width;
    td_exact *dv = t->task->dv + c * TD_COLUMN_TILE * t->width;
    memset(s->terms, 0, n * sizeof *s->terms);
    t->kernels->gemm(columns, t->width, t->rows, scores, (td_view){t->u, t->width, 1}, s->terms,
                     t->width);
    td_lock(t->task->locks, c);
    td_magnitude size = t->kernels->exact_add(TD_EXACT_GRADIENT, n, s->terms, dv);
    td_unlock(t->task->locks, c);
    td_gradients_note(t->gradients, TD_TERM_DV, size);
}

void td_retrieval_tile(const td_retrieval *task, size_t rows, const float *u, const int32_t *own,
                       const float *weights, td_retrieval_scratch *scratch, float *du,
                       td_exact *loss, td_gradients *gradients)
{
    const size_t tiles = td_columns_tiles(task->columns);
    const tile t = {task,
                    task->columns,
                    gradients->kernels,
                    rows,
                    task->columns->width,
                    tiles,
                    tiles_up(tiles),
                    u,
                    own,
                    weights,
                    scratch,
                    gradients};
    scale_queries(&t);
    for (size_t c = 0; c < tiles; c++)
        score_column_tile(&t, c);
    combine_column_tiles(&t, loss);
    memset(scratch->du, 0, rows * t.width * sizeof *scratch->du);
    for (size_t c = 0; c < tiles; c++) {
        differentiate_scores(&t, c);
        add_du(&t, c);
        add_dv(&t, c);
    }
    td_exact_to_float(TD_EXACT_GRADIENT, rows * t.width, scratch->du, du);
}
