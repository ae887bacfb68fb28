/* The table of losses: what becomes of a row's scores, tile by tile, and then of the row. */
#include "model/retrieval_parts.h"

#include "math/elementary.h"

#include <math.h>

/* The factor of a row's gradient by its scores' dot products. */
static float scale_of(const td_softmax *t, size_t row)
{
    return t->weights[row] * t->task->scale * t->task->inverse;
}

/* Each row's maximum, exponentials and their weighted sum in a column tile c:
 *     max_ic = max_j s_ij;   e_ij = exp(s_ij - max_ic);   sum_ic = sum_j m_j e_ij */
static void exponentiate(const td_softmax *t, size_t row, size_t c)
{
    td_retrieval_scratch *s = t->scratch;
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c)), at = row * t->tile_stride + c;
    float *scores = td_softmax_scores(t, row, c);
    s->maxima[at] = t->kernels->row_max(n, scores);
    const float shift = s->maxima[at] > -INFINITY ? s->maxima[at] : 0; /* none is kept */
    s->sums[at] = t->kernels->row_exp(n, shift, td_softmax_weights(t, row, c), scores);
}

/* Combines the column tiles of a row: Z_i = exp(-max_i) sum_c exp(max_ic) sum_ic, and max_i, which
 * is -infinity where Z_i is 0. The tiles' maxima become exp(max_ic - max_i). */
static float combine_tiles(const td_softmax *t, size_t row, float *max)
{
    const size_t first = row * t->tile_stride;
    float *maxima = t->scratch->maxima + first, *sums = t->scratch->sums + first;
    for (size_t c = t->tiles; c < t->tile_stride; c++) {
        maxima[c] = -INFINITY;
        sums[c] = 0;
    }
    *max = t->kernels->row_max(t->tile_stride, maxima);
    const float shift = *max > -INFINITY ? *max : 0;
    return t->kernels->row_exp(t->tile_stride, shift, sums, maxima);
}

/* w_i (ln Z_i - s_ip) */
static float softmax(const td_softmax *t, size_t row, td_row_slopes *slopes)
{
    float max;
    const float z = combine_tiles(t, row, &max);
    *slopes = (td_row_slopes){scale_of(t, row) / z, scale_of(t, row)};
    return t->weights[row] * (td_ln(z) + (max - t->scratch->own[row]));
}

/* w_i (weight ln Z_i - s_ip), Z_i over negatives; of a row without them nothing. */
static float bsl(const td_softmax *t, size_t row, td_row_slopes *slopes)
{
    float max;
    const float z = combine_tiles(t, row, &max), weight = t->task->negative_weight;
    *slopes = (td_row_slopes){0, 0};
    if (z == 0)
        return 0;
    *slopes = (td_row_slopes){scale_of(t, row) * weight / z, scale_of(t, row)};
    return t->weights[row] * (weight * (td_ln(z) + max) - t->scratch->own[row]);
}

/* Sums in column tile c of a function of scores and of its slope, which takes the scores' place. */
static void note_total(const td_softmax *t, size_t row, size_t c, td_row_total total)
{
    const size_t at = row * t->tile_stride + c;
    t->scratch->sums[at] = total.value;
    t->scratch->slopes[at] = total.slope;
    t->scratch->maxima[at] = total.weight;
}

static void hinge(const td_softmax *t, size_t row, size_t c)
{
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    note_total(t, row, c,
               t->kernels->row_hinge(n, t->task->margin, td_softmax_weights(t, row, c),
                                     td_softmax_scores(t, row, c)));
}

static void softplus(const td_softmax *t, size_t row, size_t c)
{
    const size_t n = td_lanes_up(td_columns_in_tile(t->columns, c));
    note_total(t, row, c,
               t->kernels->row_softplus(n, t->scratch->own[row], td_softmax_weights(t, row, c),
                                        td_softmax_scores(t, row, c)));
}

/* Adds up the column tiles of a row, in order. The tiles' maxima become the factor 1. */
static td_row_total add_tiles(const td_softmax *t, size_t row)
{
    td_row_total sum = {0, 0, 0};
    for (size_t c = 0; c < t->tiles; c++) {
        const size_t at = row * t->tile_stride + c;
        sum.value += t->scratch->sums[at];
        sum.slope += t->scratch->slopes[at];
        sum.weight += t->scratch->maxima[at];
        t->scratch->maxima[at] = 1;
    }
    return sum;
}

/* w_i (1 - s_ip + weight mean_j max(s_ij - margin, 0)); the mean of no negatives is 0. */
static float ccl(const td_softmax *t, size_t row, td_row_slopes *slopes)
{
    const td_row_total sum = add_tiles(t, row);
    const float share = sum.weight > 0 ? t->task->negative_weight / sum.weight : 0;
    *slopes = (td_row_slopes){scale_of(t, row) * share, scale_of(t, row)};
    return t->weights[row] * (1 - t->scratch->own[row] + share * sum.value);
}

/* w_i mean_j ln(1 + exp(s_ij - s_ip)) */
static float bpr(const td_softmax *t, size_t row, td_row_slopes *slopes)
{
    const td_row_total sum = add_tiles(t, row);
    const float share = sum.weight > 0 ? 1 / sum.weight : 0;
    *slopes = (td_row_slopes){scale_of(t, row) * share, scale_of(t, row) * (share * sum.slope)};
    return t->weights[row] * (share * sum.value);
}

static const td_retrieval_loss losses[] = {
    {"softmax", "TFRS tasks/retrieval.py; Yi et al., RecSys 2019", false, false, exponentiate,
     softmax},
    {"bsl", "Wu et al., ICDE 2024, github.com/junkangwu/BSL, losses.py, mode reweight", true, false,
     exponentiate, bsl},
    {"ccl", "Mao et al., SimpleX, CIKM 2021", true, true, hinge, ccl},
    {"bpr", "Rendle et al., UAI 2009", true, true, softplus, bpr},
};

const td_retrieval_loss *td_retrieval_loss_of(int choice)
{
    return &losses[choice];
}
