/* Scores, losses and both gradients of one row tile, column tile by column tile. Of scores is kept
 * what the loss has made of them: of the softmax exp(score - the column tile's maximum of the row).
 */
#include "model/retrieval_parts.h"

#include "base/memory.h"
#include "base/range.h"

#include <string.h>

static void make_room_for_hard_negatives(td_retrieval_scratch *scratch, size_t rows, size_t columns)
{
    scratch->kept = TD_NEW(float, scratch->tiles *rows *TD_COLUMN_STRIDE);
    scratch->row_scores = TD_NEW(float, columns);
    scratch->row_weights = TD_NEW(float, columns);
    scratch->row_kept = TD_NEW(float, columns);
    scratch->keys = TD_NEW(uint32_t, columns);
}

static void make_room_to_round(td_retrieval_scratch *scratch, const td_kernels *kernels,
                               size_t rows, size_t width)
{
    scratch->packed_left = TD_NEW(float, rows * kernels->words(TD_COLUMN_STRIDE));
    scratch->packed = TD_NEW(float, scratch->tiles * kernels->words(rows) * TD_COLUMN_STRIDE);
    scratch->products = TD_NEW(float, scratch->tiles *rows *width);
    scratch->packed_u = TD_NEW(float, rows *width);
    scratch->scaled_u = TD_NEW(float, rows *width);
    scratch->own_part = TD_NEW(float, rows);
}

/* scores (tiles, rows, TD_COLUMN_STRIDE); maxima and sums (rows, tiles) */
td_retrieval_scratch td_retrieval_scratch_create(const td_kernels *kernels, size_t rows,
                                                 size_t columns, size_t width, bool hard_negatives)
{
    const bool rounds = kernels->rounds;
    size_t tiles = (columns + TD_COLUMN_TILE - 1) / TD_COLUMN_TILE;
    size_t most = rows > TD_COLUMN_TILE ? rows : TD_COLUMN_TILE;
    td_retrieval_scratch scratch = {
        .tiles = tiles,
        .u = TD_NEW(float, rows *width),
        .scores = TD_NEW(float, (rounds && !hard_negatives ? 1 : tiles) * rows * TD_COLUMN_STRIDE),
        .maxima = TD_NEW(float, rows *td_lanes_up(tiles)),
        .sums = TD_NEW(float, rows *td_lanes_up(tiles)),
        .own = TD_NEW(float, rows),
        .slopes = TD_NEW(float, rows *td_lanes_up(tiles)),
        .factor = TD_NEW(float, rows),
        .pull = TD_NEW(float, rows),
        .terms = TD_NEW(float, most *width),
        .patched = TD_NEW(float, 2 * TD_COLUMN_STRIDE),
        .du = TD_NEW(td_exact, rows * width),
    };
    if (rounds)
        make_room_to_round(&scratch, kernels, rows, width);
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
    td_free(scratch->slopes);
    td_free(scratch->factor);
    td_free(scratch->pull);
    td_free(scratch->terms);
    td_free(scratch->patched);
    td_free(scratch->packed_left);
    td_free(scratch->packed);
    td_free(scratch->products);
    td_free(scratch->packed_u);
    td_free(scratch->scaled_u);
    td_free(scratch->own_part);
    td_free(scratch->kept);
    td_free(scratch->row_scores);
    td_free(scratch->row_weights);
    td_free(scratch->row_kept);
    td_free(scratch->keys);
    td_free(scratch->du);
}

/* Consecutive rows of a tile, whose scores for a column tile several kernels pass over. */
typedef struct {
    size_t first;
    size_t end;
} strip;

static size_t strips(const td_softmax *t)
{
    return (t->rows + t->kernels->strip_rows - 1) / t->kernels->strip_rows;
}

static strip strip_of(const td_softmax *t, size_t place)
{
    const int64_t pairs = ((int64_t)t->rows + 1) / 2, parts = (int64_t)strips(t);
    const size_t first = 2 * (size_t)td_share(pairs, (int64_t)place, parts);
    const size_t end = 2 * (size_t)td_share(pairs, (int64_t)place + 1, parts);
    return (strip){first, end < t->rows ? end : t->rows};
}

/* u (R, D) / temperature, packed */
static void scale_queries(td_softmax *t)
{
    const float inverse = t->task->inverse;
    for (size_t i = 0; i < t->rows * t->width; i++)
        t->scratch->u[i] = t->u[i] * inverse;
    t->packed_u = t->kernels->pack_left(
        t->rows, t->width, (td_view){t->scratch->u, t->width, false}, t->scratch->packed_u);
}

/* Scores of a strip for a column tile, and those that belong to the rows' own items:
 *     s (R, C) = u (R, D) V' (D, C) / temperature - log q (C) */
static void score(const td_softmax *t, strip rows, size_t c)
{
    td_columns_score(t->columns, t->kernels, c, rows.end - rows.first, td_softmax_u(t, rows.first),
                     td_softmax_scores(t, rows.first, c));
    for (size_t i = rows.first; i < rows.end; i++) {
        if (td_softmax_owns(t, i, c))
            td_softmax_note_own(t, i, c);
        if (t->masked)
            td_softmax_mask(t, i, c);
        td_softmax_score_negatives(t, i, c);
    }
}

/* What the loss makes of a strip's scores for a column tile. */
static void take_tile(const td_softmax *t, strip rows, size_t c)
{
    if (t->kernels->rounds)
        td_softmax_pack(t, rows.first, rows.end, c);
    else
        for (size_t i = rows.first; i < rows.end; i++)
            t->loss->take_tile(t, i, c);
}

/* Each row's loss, and what its gradient is scaled by. */
static void take_rows(const td_softmax *t)
{
    for (size_t i = 0; i < t->rows; i++) {
        td_row_slopes slopes;
        const float loss = t->loss->take_row(t, i, &slopes);
        t->scratch->factor[i] = slopes.negatives;
        t->scratch->pull[i] = slopes.own;
        td_gradients_add_loss(t->gradients, t->task->task, loss);
    }
}

/* Turns what is kept of a strip's scores into gradients of their dot products, of the softmax
 *     ds_ij = scale w_i / temperature (m_j exp(s_ij) / Z_i - [j = p]) */
static void differentiate(const td_softmax *t, strip rows, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    for (size_t i = rows.first; i < rows.end; i++) {
        float *row = td_softmax_scores(t, i, c);
        float factor = s->factor[i] * s->maxima[i * t->tile_stride + c];
        t->kernels->row_scale(n, factor, td_softmax_weights(t, i, c), row);
        if (td_softmax_owns(t, i, c))
            row[(size_t)t->own[i] % TD_COLUMN_TILE] -= s->pull[i];
    }
}

static int exponent_of_du(const td_softmax *t)
{
    return t->gradients->exponents[td_term_du(t->gradients->parameters)];
}

void td_softmax_multiply_du(const td_softmax *t, size_t rows, size_t c, td_view ds, float *products)
{
    const td_view v = td_columns_right(t->columns, t->kernels, c);
    t->kernels->packed_gemm(rows, t->width, td_columns_in_tile(t->columns, c), ds, v.at, v.stride,
                            NULL, products, t->width);
}

/* A strip's terms of dU by a column tile. */
static const float *terms_of_du(const td_softmax *t, strip rows, size_t c)
{
    if (t->kernels->rounds)
        return td_softmax_finish_du(t, rows.first, rows.end, c);
    differentiate(t, rows, c);
    const td_view ds = {td_softmax_scores(t, rows.first, c), TD_COLUMN_STRIDE, false};
    td_softmax_multiply_du(t, rows.end - rows.first, c, ds, t->scratch->terms);
    return t->scratch->terms;
}

/* dU (rows, D) += its terms */
static void add_du(const td_softmax *t, strip rows, const float *terms)
{
    td_gradients_note(t->gradients, td_term_du(t->gradients->parameters),
                      t->kernels->exact_add(exponent_of_du(t), (rows.end - rows.first) * t->width,
                                            terms, t->scratch->du + rows.first * t->width));
}

/* dV (C, D) += ds' (C, rows) U (rows, D) */
static void add_dv(const td_softmax *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const bool rounds = t->kernels->rounds;
    const td_view scores = {td_softmax_tile_scores(t, c), TD_COLUMN_STRIDE, true};
    const td_view ds = rounds ? td_softmax_packed(t, c).transposed : scores;
    const float *u = rounds ? td_softmax_pack_scaled(t, c).at : t->u;
    const size_t columns = td_columns_in_tile(t->columns, c);
    t->kernels->packed_gemm(columns, t->width, t->rows, ds, u, t->width, NULL, s->terms, t->width);
    if (rounds)
        td_softmax_finish_dv(t, c, s->terms);
    td_gradients_add_dv(t->gradients, c * TD_COLUMN_TILE, columns, s->terms);
}

/* Which negatives are hard is known when a row has all its scores; else the loss takes a strip at
 * once. */
static void score_all(const td_softmax *t)
{
    const bool at_once = t->task->num_hard_negatives == 0;
    for (size_t c = 0; c < t->tiles; c++)
        for (size_t s = 0; s < strips(t); s++) {
            score(t, strip_of(t, s), c);
            if (at_once)
                take_tile(t, strip_of(t, s), c);
        }
    if (at_once)
        return;
    for (size_t i = 0; i < t->rows; i++)
        td_softmax_keep_hard(t, i);
    for (size_t c = 0; c < t->tiles; c++)
        take_tile(t, (strip){0, t->rows}, c);
}

/* Every row's scores and loss. */
static void forward(const td_softmax *t)
{
    td_softmax_score_own(t);
    score_all(t);
    take_rows(t);
}

/* d log inverse += sum_i u_i . dU_i, of this tile's rows in their order */
static void add_dlog_inverse(const td_softmax *t, const float *du)
{
    float sum = 0;
    for (size_t i = 0; i < t->rows; i++) {
        float dot;
        const td_view u = {t->u + i * t->width, t->width, false};
        t->kernels->gemm(1, 1, t->width, u, du + i * t->width, 1, NULL, &dot, 1);
        sum += dot;
    }
    td_gradients_add_dense(t->gradients, t->task->log_inverse, &sum);
}

/* dU and dV, column tile by column tile; dU is exact until all are in */
static void backward(const td_softmax *t, float *du)
{
    const size_t n = t->rows * t->width;
    memset(t->scratch->du, 0, n * sizeof *t->scratch->du);
    for (size_t c = 0; c < t->tiles; c++) {
        for (size_t s = 0; s < strips(t); s++) {
            const strip rows = strip_of(t, s);
            add_du(t, rows, terms_of_du(t, rows, c));
        }
        add_dv(t, c);
    }
    td_exact_to_float(exponent_of_du(t), n, t->scratch->du, t->scratch->terms);
    if (t->task->learns)
        add_dlog_inverse(t, t->scratch->terms);
    for (size_t i = 0; i < n; i++)
        du[i] += t->scratch->terms[i];
}

void td_retrieval_tile(const td_retrieval *task, const td_task_rows *rows,
                       td_retrieval_scratch *scratch, float *du, td_gradients *gradients)
{
    const size_t tiles = td_columns_tiles(task->columns);
    const td_kernels *kernels = gradients->kernels;
    const bool keeps_scores = task->num_hard_negatives > 0 || (du && !kernels->rounds);
    td_softmax t = {.task = task,
                    .loss = td_retrieval_loss_of(task->loss),
                    .columns = task->columns,
                    .kernels = kernels,
                    .rows = rows->count,
                    .width = task->columns->width,
                    .tiles = tiles,
                    .tile_stride = td_lanes_up(tiles),
                    .trains = du != NULL,
                    .score_stride = keeps_scores ? rows->count * TD_COLUMN_STRIDE : 0,
                    .u = rows->u,
                    .own = rows->own,
                    .weights = rows->weights,
                    .masked = rows->masked,
                    .masked_columns = rows->masked_columns,
                    .negatives = rows->negatives,
                    .negative_columns = rows->negative_columns,
                    .scratch = scratch,
                    .gradients = gradients};
    scale_queries(&t);
    forward(&t);
    if (du)
        backward(&t, du);
}
