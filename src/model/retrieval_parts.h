/* Inside of retrieval: the softmax of a row tile, whose columns and their weights are
 * retrieval_negatives.c's, the numbers retrieval.c's. All functions are Local. */
#ifndef TD_MODEL_RETRIEVAL_PARTS_H
#define TD_MODEL_RETRIEVAL_PARTS_H

#include "base/range.h"
#include "model/retrieval.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_retrieval_loss td_retrieval_loss;

/* A row tile's softmax, or another loss of its scores: what its functions share. */
typedef struct {
    const td_retrieval *task;
    const td_retrieval_loss *loss;
    const td_columns *columns;
    const td_kernels *kernels;
    size_t rows;
    size_t width;
    size_t tiles;
    size_t tile_stride;  /* of maxima and sums: tiles, up to whole lanes */
    bool trains;         /* gradients are wanted, too */
    size_t score_stride; /* of column tiles' scores; 0: only one has its scores at a time */
    td_view packed_u;    /* what scores multiply: u over the temperature */
    const float *u;
    const int32_t *own;
    const float *weights;
    const td_range *masked;
    const int32_t *masked_columns;
    const td_range *negatives;
    const int32_t *negative_columns;
    td_retrieval_scratch *scratch;
    td_gradients *gradients;
} td_softmax;

/* By the dot products of a row: what the gradient of its negatives' is scaled by, each once more by
 * its weight and by what take_tile left; and what its own item's has less. */
typedef struct {
    float negatives;
    float own;
} td_row_slopes;

/* A kind of loss: a row of the table in retrieval_losses.c. */
struct td_retrieval_loss {
    const char *name;
    const char *source;
    bool is_apart; /* a row's own item is none of those that it is compared with */
    bool is_mean;  /* over negatives, so that log q is in their weights, not in their scores */
    /* Takes a row's scores for a column tile, and leaves in their place their part of the gradient
     * of the row's loss. */
    void (*take_tile)(const td_softmax *t, size_t row, size_t column_tile);
    /* Returns the row's loss, of all its column tiles, weighted; sets its slopes. */
    float (*take_row)(const td_softmax *t, size_t row, td_row_slopes *slopes);
};

/* The loss of a choice of retrieval.loss. */
const td_retrieval_loss *td_retrieval_loss_of(int choice);

/* Scores of all rows for a column tile, rows TD_COLUMN_STRIDE apart; those of one row. */
static inline float *td_softmax_tile_scores(const td_softmax *t, size_t column_tile)
{
    return t->scratch->scores + column_tile * t->score_stride;
}

static inline float *td_softmax_scores(const td_softmax *t, size_t row, size_t column_tile)
{
    return td_softmax_tile_scores(t, column_tile) + row * TD_COLUMN_STRIDE;
}

/* A row of what scores multiply. */
static inline td_view td_softmax_u(const td_softmax *t, size_t row)
{
    return (td_view){t->packed_u.at + row * t->packed_u.stride, t->packed_u.stride, false};
}

/* Whether a row's own column is in a column tile. */
static inline bool td_softmax_owns(const td_softmax *t, size_t row, size_t column_tile)
{
    return (size_t)t->own[row] / TD_COLUMN_TILE == column_tile;
}

/* Scores the rows' own items where these scores are not their columns'. */
void td_softmax_score_own(const td_softmax *t);

/* Notes the score of a row's own item, which is in a column tile, or notes there what it is. */
void td_softmax_note_own(const td_softmax *t, size_t row, size_t column_tile);

/* Leaves a row none of a column tile's columns that are masked for it: they score -infinity. */
void td_softmax_mask(const td_softmax *t, size_t row, size_t column_tile);

/* Scores a row's own negatives in a column tile. */
void td_softmax_score_negatives(const td_softmax *t, size_t row, size_t column_tile);

/* Leaves a row, which has all its scores, its hardest negatives and its own column; the others
 * score -infinity. */
void td_softmax_keep_hard(const td_softmax *t, size_t row);

/* Returns how often each column of a tile counts for a row: m_j. Valid until the thread's next
 * call for a row of a place as even. */
const float *td_softmax_weights(const td_softmax *t, size_t row, size_t column_tile);

/* products (rows, width) = ds (rows, columns of the tile), a left operand, V (columns, width) */
void td_softmax_multiply_du(const td_softmax *t, size_t rows, size_t column_tile, td_view ds,
                            float *products);

/* Of kernels that round: packs the gradient's parts of a column tile that the rows from first, an
 * even place, to end have; sums them, and multiplies them for dU while they are at hand. */
void td_softmax_pack(const td_softmax *t, size_t first, size_t end, size_t column_tile);

/* Of these: where they are, the left ones until the next column tile's. */
td_packed_rows td_softmax_packed(const td_softmax *t, size_t column_tile);

/* Makes of products, which are sums over a column tile, terms of dU, and returns them: (end -
 * first, width). Likewise of terms (columns of the tile, width) those of dV. */
float *td_softmax_finish_du(const td_softmax *t, size_t first, size_t end, size_t column_tile);
void td_softmax_finish_dv(const td_softmax *t, size_t column_tile, float *terms);

/* Packs f_ic u_i, what dV's sums are of; returns the right operand (rows, width). */
td_view td_softmax_pack_scaled(const td_softmax *t, size_t column_tile);

#endif
