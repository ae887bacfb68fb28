/* The fused softmax: scores, losses and both gradients of one row tile, column tile by column
 * tile. Scores are kept as exp(score - the column tile's maximum of the row). */
#include "model/retrieval.h"

#include "base/memory.h"
#include "math/elementary.h"
#include "model/hard_negatives.h"

#include <math.h>
#include <string.h>

static size_t tiles_up(size_t tiles)
{
    return td_lanes_up(tiles);
}

static void make_room_for_hard_negatives(td_retrieval_scratch *scratch, size_t rows, size_t columns)
{
    scratch->kept = TD_NEW(float, scratch->tiles *rows *TD_COLUMN_STRIDE);
    scratch->row_scores = TD_NEW(float, columns);
    scratch->row_weights = TD_NEW(float, columns);
    scratch->row_kept = TD_NEW(float, columns);
    scratch->keys = TD_NEW(uint32_t, columns);
}

td_retrieval_scratch td_retrieval_scratch_create(size_t rows, size_t columns, size_t width,
                                                 bool hard_negatives)
{
    size_t tiles = (columns + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
    size_t most = rows > TD_COLUMN_TILE ? rows : TD_COLUMN_TILE;
    td_retrieval_scratch scratch = {
        .tiles = tiles,
        .u = TD_NEW(float, rows *width),
        .scores = TD_NEW(float, tiles *rows *TD_COLUMN_STRIDE),
        .maxima = TD_NEW(float, rows *tiles_up(tiles)),
        .sums = TD_NEW(float, rows *tiles_up(tiles)),
        .own = TD_NEW(float, rows),
        .factor = TD_NEW(float, rows),
        .terms = TD_NEW(float, most *width),
        .patched = TD_NEW(float, TD_COLUMN_STRIDE),
        .du = TD_NEW(td_exact, rows * width),
    };
    if (hard_negatives)
        make_room_for_hard_negatives(&scratch, rows, columns);
    return scratch;
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
    td_free(scratch->patched);
    td_free(scratch->kept);
    td_free(scratch->row_scores);
    td_free(scratch->row_weights);
    td_free(scratch->row_kept);
    td_free(scratch->keys);
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

/* Scores of one column tile, and those that belong to the rows' own items. */
static void score_column_tile(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    td_columns_score(t->columns, t->kernels, c, t->rows, s->u, scores_of(t, c));
    for (size_t i = 0; i < t->rows; i++)
        if (owns(t, i, c))
            s->own[i] = scores_of(t, c)[i * TD_COLUMN_STRIDE + (size_t)t->own[i] % TD_COLUMN_TILE];
}

/* Copies a row of column tiles into one array, or back. */
static void gather_row(const tile *t, size_t row, const float *tiles, float *flat)
{
    for (size_t c = 0; c < t->tiles; c++)
        memcpy(flat + c * TD_COLUMN_TILE, tiles + (c * t->rows + row) * TD_COLUMN_STRIDE,
               td_columns_in_tile(t->columns, c) * sizeof *flat);
}

static void scatter_row(const tile *t, size_t row, const float *flat, float *tiles)
{
    for (size_t c = 0; c < t->tiles; c++)
        memcpy(tiles + (c * t->rows + row) * TD_COLUMN_STRIDE, flat + c * TD_COLUMN_TILE,
               td_columns_in_tile(t->columns, c) * sizeof *flat);
}

/* Leaves a row its hardest negatives and its own column; the others score -infinity. */
static void keep_hard_negatives(const tile *t, size_t row)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = t->columns->count, own = (size_t)t->own[row];
    float negatives = 0, most = (float)t->task->num_hard_negatives;
    gather_row(t, row, s->scores, s->row_scores);
    memcpy(s->row_weights, t->columns->weights, n * sizeof *s->row_weights);
    s->row_weights[own] = t->task->remove_accidental_hits ? 0 : s->row_weights[own] - 1;
    for (size_t j = 0; j < n; j++)
        negatives += s->row_weights[j];
    td_keep_highest(n, s->row_scores, s->row_weights, most < negatives ? most : negatives, s->keys,
                    s->row_kept);
    s->row_kept[own] += 1;
    for (size_t j = 0; j < n; j++)
        s->row_scores[j] = s->row_kept[j] > 0 ? s->row_scores[j] : -INFINITY;
    scatter_row(t, row, s->row_scores, s->scores);
    scatter_row(t, row, s->row_kept, s->kept);
}

/* How often each column of a tile counts for a row: m_j. Valid until the next call. */
static const float *row_weights(const tile *t, size_t row, size_t c)
{
    const float *multiplicities = t->columns->weights + c * TD_COLUMN_TILE;
    float *patched = t->scratch->patched;
    if (t->task->num_hard_negatives > 0)
        return t->scratch->kept + (c * t->rows + row) * TD_COLUMN_STRIDE;
    if (!t->task->remove_accidental_hits || !owns(t, row, c))
        return multiplicities;
    memcpy(patched, multiplicities,
           td_lanes_up(td_columns_in_tile(t->columns, c)) * sizeof *patched);
    patched[(size_t)t->own[row] % TD_COLUMN_TILE] = 1;
    return patched;
}

/* Each row's maximum, exponentials and their weighted sum in a column tile. */
static void exponentiate_column_tile(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    for (size_t i = 0; i < t->rows; i++) {
        float *row = scores_of(t, c) + i * TD_COLUMN_STRIDE;
        const size_t at = i * t->tile_stride + c;
        s->maxima[at] = t->kernels->row_max(n, row);
        const float shift = s->maxima[at] > -INFINITY ? s->maxima[at] : 0; /* none is kept */
        s->sums[at] = t->kernels->row_exp(n, shift, row_weights(t, i, c), row);
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
        s->factor[i] = t->weights[i] * t->task->scale * inverse / z;
        td_magnitude size = t->kernels->exact_add(TD_EXACT_TOTAL, 1, &row_loss, loss);
        td_gradients_note(t->gradients, TD_TERM_LOSS, size);
    }
}

/* Turns the exponentials of a column tile into gradients of the scores' dot products. */
static void differentiate_scores(const tile *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    const float inverse = 1 / t->task->temperature;
    for (size_t i = 0; i < t->rows; i++) {
        float *row = scores_of(t, c) + i * TD_COLUMN_STRIDE;
        float factor = s->factor[i] * s->maxima[i * t->tile_stride + c];
        t->kernels->row_scale(n, factor, row_weights(t, i, c), row);
        if (owns(t, i, c))
            row[(size_t)t->own[i] % TD_COLUMN_TILE] -= t->weights[i] * t->task->scale * inverse;
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

/* Forward: every row's scores, exponentials and loss. */
static void forward(const tile *t, td_exact *loss)
{
    scale_queries(t);
    for (size_t c = 0; c < t->tiles; c++)
        score_column_tile(t, c);
    for (size_t i = 0; i < t->rows && t->task->num_hard_negatives > 0; i++)
        keep_hard_negatives(t, i);
    for (size_t c = 0; c < t->tiles; c++)
        exponentiate_column_tile(t, c);
    combine_column_tiles(t, loss);
}

static void backward(const tile *t, float *du)
{
    const size_t n = t->rows * t->width;
    memset(t->scratch->du, 0, n * sizeof *t->scratch->du);
    for (size_t c = 0; c < t->tiles; c++) {
        differentiate_scores(t, c);
        add_du(t, c);
        add_dv(t, c);
    }
    td_exact_to_float(TD_EXACT_GRADIENT, n, t->scratch->du, du);
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
    forward(&t, loss);
    if (du)
        backward(&t, du);
}
