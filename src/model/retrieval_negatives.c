/* Which columns a row is compared with, and how often each counts: the batch's, without those that
 * are masked or not hard enough, and the row's own negatives. */
#include "model/retrieval_parts.h"

#include "math/elementary.h"
#include "model/hard_negatives.h"

#include <math.h>
#include <string.h>

#define ALL_TILES SIZE_MAX
#define KEPT_AS_OWN                                                                                \
    (-1.0F) /* in place of a weight: not the batch's, but the row's own negative                   \
             */

/* s_ip = own bias + u_i . v_p / temperature */
void td_softmax_score_own(const td_softmax *t)
{
    for (size_t i = 0; i < t->rows && t->task->own_bias; i++) {
        const size_t own = (size_t)t->own[i];
        t->scratch->own[i] = td_columns_score_one(t->columns, t->kernels, own, td_softmax_u(t, i),
                                                  t->task->own_bias[own]);
    }
}

/* Which negatives are hard is judged by the column's score. */
void td_softmax_note_own(const td_softmax *t, size_t row, size_t c)
{
    float *score = td_softmax_scores(t, row, c) + (size_t)t->own[row] % TD_COLUMN_TILE;
    if (!t->task->own_bias)
        t->scratch->own[row] = *score;
    else if (!t->loss->is_apart && t->task->num_hard_negatives == 0)
        *score = t->scratch->own[row];
}

/* What a row's own item weighs among its negatives: other rows have it. */
static float hits_of(const td_softmax *t, size_t row)
{
    const size_t own = (size_t)t->own[row];
    if (t->task->remove_accidental_hits)
        return 0;
    if (t->task->rows_are_outside)
        return t->columns->weights[own];
    return t->columns->weights[own] - (t->task->once ? t->task->once[own] : 1);
}

/* m_p of a row that has its own item so often among its negatives. */
static float own_weight(const td_softmax *t, size_t row, float hits)
{
    const size_t own = (size_t)t->own[row];
    if (t->loss->is_apart)
        return hits;
    if (!t->task->own_bias || hits == 0)
        return hits + 1;
    return 1 + hits * td_exp(t->columns->bias[own] - t->task->own_bias[own]);
}

/* Sets those of a tile's values whose columns are masked for a row. */
static void set_masked(const td_softmax *t, size_t row, size_t c, float value, float *values)
{
    const int32_t *masked = t->masked_columns + t->masked[row].first;
    const size_t count = (size_t)t->masked[row].count;
    for (size_t m = td_first_from(count, masked, (int64_t)(c * TD_COLUMN_TILE)); m < count; m++) {
        const size_t column = (size_t)masked[m];
        if (column / TD_COLUMN_TILE != c)
            return;
        if (column != (size_t)t->own[row])
            values[column % TD_COLUMN_TILE] = value;
    }
}

void td_softmax_mask(const td_softmax *t, size_t row, size_t c)
{
    set_masked(t, row, c, -INFINITY, td_softmax_scores(t, row, c));
}

/* Calls act for the columns of a tile, of all for ALL_TILES, that are among a row's own negatives,
 * its own column aside. */
static void each_negative(const td_softmax *t, size_t row, size_t column_tile,
                          void (*act)(const td_softmax *t, size_t row, size_t column,
                                      float *values),
                          float *values)
{
    const td_range range = t->negatives ? t->negatives[row] : (td_range){0, 0};
    for (int64_t m = range.first; m < td_range_end(range); m++) {
        const size_t column = (size_t)t->negative_columns[m];
        if (column != (size_t)t->own[row] &&
            (column_tile == ALL_TILES || column / TD_COLUMN_TILE == column_tile))
            act(t, row, column, values);
    }
}

/* s_ij = u_i . v_j / temperature, for a column that no row counts for, so that it has no log q. */
static void score_negative(const td_softmax *t, size_t row, size_t column, float *scores)
{
    if (t->columns->weights[column] == 0)
        scores[column % TD_COLUMN_TILE] =
            td_columns_score_one(t->columns, t->kernels, column, td_softmax_u(t, row), 0);
}

/* m_j += q_j, or 1 without log q. */
static void weigh_negative(const td_softmax *t, size_t row, size_t column, float *weights)
{
    const float bias = t->columns->weights[column] == 0 ? 0 : t->columns->bias[column];
    (void)row;
    weights[column % TD_COLUMN_TILE] += bias == 0 ? 1 : td_exp(-bias);
}

/* Keeps the score of a column that is no hard negative; its weight of the batch stays 0. */
static void keep_negative(const td_softmax *t, size_t row, size_t column, float *kept)
{
    (void)t;
    (void)row;
    kept[column] = kept[column] > 0 ? kept[column] : KEPT_AS_OWN;
}

void td_softmax_score_negatives(const td_softmax *t, size_t row, size_t c)
{
    each_negative(t, row, c, score_negative, td_softmax_scores(t, row, c));
}

/* Copies a row of column tiles into one array, or back. */
static void gather_row(const td_softmax *t, size_t row, const float *tiles, float *flat)
{
    for (size_t c = 0; c < t->tiles; c++)
        memcpy(flat + c * TD_COLUMN_TILE, tiles + (c * t->rows + row) * TD_COLUMN_STRIDE,
               td_columns_in_tile(t->columns, c) * sizeof *flat);
}

static void scatter_row(const td_softmax *t, size_t row, const float *flat, float *tiles)
{
    for (size_t c = 0; c < t->tiles; c++)
        memcpy(tiles + (c * t->rows + row) * TD_COLUMN_STRIDE, flat + c * TD_COLUMN_TILE,
               td_columns_in_tile(t->columns, c) * sizeof *flat);
}

void td_softmax_keep_hard(const td_softmax *t, size_t row)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = t->columns->count, own = (size_t)t->own[row];
    float negatives = 0, most = (float)t->task->num_hard_negatives;
    gather_row(t, row, s->scores, s->row_scores);
    memcpy(s->row_weights, t->columns->weights, n * sizeof *s->row_weights);
    s->row_weights[own] = hits_of(t, row);
    for (int64_t m = 0; t->masked && m < t->masked[row].count; m++) {
        const size_t column = (size_t)t->masked_columns[t->masked[row].first + m];
        s->row_weights[column] = column == own ? s->row_weights[column] : 0;
    }
    for (size_t j = 0; j < n; j++)
        negatives += s->row_weights[j];
    td_keep_highest(n, s->row_scores, s->row_weights, most < negatives ? most : negatives, s->keys,
                    s->row_kept);
    s->row_kept[own] = own_weight(t, row, s->row_kept[own]);
    s->row_scores[own] = t->loss->is_apart ? s->row_scores[own] : s->own[row];
    each_negative(t, row, ALL_TILES, keep_negative, s->row_kept);
    for (size_t j = 0; j < n; j++) {
        s->row_scores[j] = s->row_kept[j] != 0 ? s->row_scores[j] : -INFINITY;
        s->row_kept[j] = s->row_kept[j] > 0 ? s->row_kept[j] : 0;
    }
    scatter_row(t, row, s->row_scores, s->scores);
    scatter_row(t, row, s->row_kept, s->kept);
}

const float *td_softmax_weights(const td_softmax *t, size_t row, size_t c)
{
    const bool is_kept = t->task->num_hard_negatives > 0;
    const float *weights = is_kept ? t->scratch->kept + (c * t->rows + row) * TD_COLUMN_STRIDE
                                   : t->columns->weights + c * TD_COLUMN_TILE;
    const bool sets_own = !is_kept && (t->task->remove_accidental_hits || t->task->own_bias) &&
                          td_softmax_owns(t, row, c);
    const bool sets_masked = t->loss->is_mean && t->masked && t->masked[row].count > 0;
    const size_t own = (size_t)t->own[row] % TD_COLUMN_TILE;
    float *patched = t->scratch->patched + row % 2 * TD_COLUMN_STRIDE;
    if (!sets_own && !sets_masked && !(t->negatives && t->negatives[row].count > 0))
        return weights;
    memcpy(patched, weights, td_lanes_up(td_columns_in_tile(t->columns, c)) * sizeof *patched);
    if (sets_own)
        patched[own] = own_weight(t, row, hits_of(t, row));
    each_negative(t, row, c, weigh_negative, patched);
    if (sets_masked)
        set_masked(t, row, c, 0, patched);
    return patched;
}
