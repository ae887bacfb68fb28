/* What kernels that round make of a row tile's scores: packed parts of the gradient, and the own
 * column's apart from these (model/retrieval.h). */
#include "model/retrieval_parts.h"

#include "math/elementary.h"

#include <math.h>

/* f_ic */
static float factor_of(const td_softmax *t, size_t row, size_t c)
{
    return t->scratch->factor[row] * t->scratch->maxima[row * t->tile_stride + c];
}

/* g_i */
static float own_slope(const td_softmax *t, size_t row, size_t c)
{
    return factor_of(t, row, c) * t->scratch->own_part[row] - t->scratch->pull[row];
}

static size_t own_place(const td_softmax *t, size_t row)
{
    return (size_t)t->own[row] % TD_COLUMN_TILE;
}

td_packed_rows td_softmax_packed(const td_softmax *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    return t->kernels->packed_rows(TD_COLUMN_STRIDE, s->packed_left,
                                   s->packed + c * t->kernels->words(t->rows) * TD_COLUMN_STRIDE);
}

/* A row's scores, from which its maximum is to be taken, the own column's aside. */
static td_packed_row prepare_exponentials(const td_softmax *t, size_t row, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c)), own = own_place(t, row);
    float *x = td_softmax_scores(t, row, c);
    const float *weights = td_softmax_weights(t, row, c);
    const float max = t->kernels->row_max(n, x), shift = max > -INFINITY ? max : 0;
    s->maxima[row * t->tile_stride + c] = max;
    if (td_softmax_owns(t, row, c)) {
        s->own_part[row] = weights[own] * td_exp(x[own] - shift);
        x[own] = -INFINITY;
    }
    return (td_packed_row){weights, x, shift, 0};
}

/* What a loss that is a mean has left in the scores' place, the own column's aside. */
static td_packed_row prepare_slopes(const td_softmax *t, size_t row, size_t c)
{
    const size_t own = own_place(t, row);
    t->loss->take_tile(t, row, c);
    float *x = td_softmax_scores(t, row, c);
    const float *weights = td_softmax_weights(t, row, c);
    if (td_softmax_owns(t, row, c)) {
        t->scratch->own_part[row] = weights[own] * x[own];
        x[own] = 0;
    }
    return (td_packed_row){weights, x, 0, 0};
}

/* One row, or two. */
static void pack_rows(const td_softmax *t, size_t row, size_t count, size_t c)
{
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    const bool is_mean = t->loss->is_mean;
    const td_packed_rows out = td_softmax_packed(t, c);
    td_packed_row rows[2] = {{NULL, NULL, 0, 0}};
    for (size_t r = 0; r < count; r++)
        rows[r] = is_mean ? prepare_slopes(t, row + r, c) : prepare_exponentials(t, row + r, c);
    (is_mean ? t->kernels->pack_weighted : t->kernels->pack_exp)(n, count, rows, &out, row);
    for (size_t r = 0; r < count; r++) {
        float *sums = is_mean ? t->scratch->slopes : t->scratch->sums;
        const float own = td_softmax_owns(t, row + r, c) ? t->scratch->own_part[row + r] : 0;
        sums[(row + r) * t->tile_stride + c] = rows[r].sum + own;
    }
}

static float *products_of(const td_softmax *t, size_t row, size_t c)
{
    return t->scratch->products + (c * t->rows + row) * t->width;
}

void td_softmax_pack(const td_softmax *t, size_t first, size_t end, size_t c)
{
    td_view ds = td_softmax_packed(t, c).left;
    ds.at += first * ds.stride;
    for (size_t i = first; i < end; i += 2)
        pack_rows(t, i, i + 1 < end ? 2 : 1, c);
    if (t->trains) /* dU_i's f_ic is not known yet */
        td_softmax_multiply_du(t, end - first, c, ds, products_of(t, first, c));
}

/* dU_i = f_ic terms_i + g_i v_p */
float *td_softmax_finish_du(const td_softmax *t, size_t first, size_t end, size_t c)
{
    float *terms = products_of(t, first, c);
    for (size_t i = first; i < end; i++, terms += t->width) {
        const bool owns = td_softmax_owns(t, i, c);
        const float factor = factor_of(t, i, c), slope = owns ? own_slope(t, i, c) : 0;
        const float *v = t->columns->v + (size_t)t->own[i] * t->width;
        for (size_t d = 0; d < t->width; d++)
            terms[d] *= factor;
        for (size_t d = 0; owns && d < t->width; d++)
            terms[d] += slope * v[d];
    }
    return products_of(t, first, c);
}

td_view td_softmax_pack_scaled(const td_softmax *t, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    for (size_t i = 0; i < t->rows; i++) {
        const float factor = factor_of(t, i, c);
        for (size_t d = 0; d < t->width; d++)
            s->scaled_u[i * t->width + d] = factor * t->u[i * t->width + d];
    }
    return t->kernels->pack_right(t->rows, t->width, (td_view){s->scaled_u, t->width, false},
                                  s->packed_u, t->width);
}

/* dV_p += g_i u_i */
void td_softmax_finish_dv(const td_softmax *t, size_t c, float *terms)
{
    for (size_t i = 0; i < t->rows; i++) {
        if (!td_softmax_owns(t, i, c))
            continue;
        const float slope = own_slope(t, i, c);
        for (size_t d = 0; d < t->width; d++)
            terms[own_place(t, i) * t->width + d] += slope * t->u[i * t->width + d];
    }
}
