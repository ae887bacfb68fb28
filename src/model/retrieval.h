/* The retrieval task: each row's item against the columns of the batch, or of the row's group of it
 * (retrieval.negatives).
 *
 *     s_ij   = u_i . v_j / temperature + b_j      (log_q: the column's bias, train/log_q.h)
 *     n_j    = c_j, but n_p = c_p - 1 (c_p where rows are outside), or 0 with
 *              remove_accidental_hits;   p the row's own column
 *              and n_j = 0 for the columns that are masked for the row
 *     n_j    then is what num_hard_negatives keeps of it; and, but for j = p, one more times
 *              exp(-b_j) for each time that the row has j among negatives of its own
 *     m_j    = n_j, but m_p = n_p + 1
 *     loss_i = w_i (log Z_i - s_ip),   Z_i = sum_j m_j exp(s_ij)                       (softmax)
 *     d loss_i / d s_ij = w_i (m_j exp(s_ij) / Z_i - [j = p])
 *
 * so that a negative of the row's own has the score u_i . v_j / temperature, without log q: it is
 * not met because it is frequent. c_j is the multiplicity of item j in the batch: TFRS's in-batch
 * softmax, its options in its order, on distinct columns (docs/decisions.md; TFRS
 * tasks/retrieval.py, layers/loss.py). Where own_bias is given, the row's own item is scored apart,
 * s_ip = u_i . v_p / temperature + own_bias_p, and counts once in Z_i with that score, n_p times
 * with the column's.
 *
 * Other losses (retrieval_losses.c) have s_ip without a bias, and the row's own item only among
 * negatives, n_p times:
 *
 *     bsl   w_i (weight log(sum_j n_j exp(s_ij)) - s_ip); nothing where no n_j is above 0
 *     ccl   w_i (1 - s_ip + weight mean_j max(s_ij - margin, 0))
 *     bpr   w_i mean_j log(1 + exp(s_ij - s_ip))
 *
 * Where the temperature is learned, its parameter is a = log(1 / temperature), as in CLIP (Radford
 * et al., ICML 2021, github.com/openai/CLIP, logit_scale). Scores depend on u_i and exp(a) by their
 * product alone, so d loss_i / d a = u_i . d loss_i / d u_i, whatever the loss.
 *
 * Means are over negatives, n_j exp(b_j) of column j, whose scores have no bias: so log q says how
 * much they weigh. The gradient is that of scale times the loss. What a row's column tiles give is
 * combined over the tiles in their order, never B x B. dU over column tiles, and dV over row tiles,
 * are exact sums.
 *
 * Kernels that round (math.precision) leave of a row's column tile c the products m_j e_ij, e_ij =
 * exp(s_ij - max_ic) or what another loss has in its place, rounded to bfloat16, but for the own
 * column, whose product e_i stays a float; sums over columns are of these. With f_ic the rest of a
 * row's gradient, and g_i = f_ic e_i - (what the own column's has less):
 *
 *     dU_i = sum_c (f_ic sum_j (m_j e_ij) v_j) + g_i v_p
 *     dV_j = sum_i (m_j e_ij) (f_ic u_i) + sum of g_i u_i over the rows whose own column it is
 *
 * whose products are of rounded operands, and g's are not. All functions are Local; one row tile at
 * a time per thread.
 */
#ifndef TD_MODEL_RETRIEVAL_H
#define TD_MODEL_RETRIEVAL_H

#include "model/columns.h"
#include "model/gradients.h"
#include "model/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all row tiles of a step share. */
typedef struct {
    size_t task; /* its number */
    int loss;    /* TD_LOSS_SOFTMAX .. */
    const td_columns *columns;
    const float *once;     /* (columns): what one row weighs of a column's weight; NULL: 1 */
    const float *own_bias; /* (columns): what the score of a row's own item starts from, once for
                              the row itself; NULL: from the column's bias */
    float inverse;         /* 1 / temperature */
    bool learns;           /* the temperature: */
    size_t log_inverse;    /* then its tensor (1, 1), the logarithm of inverse */
    float scale;           /* weight of the loss, over the rows that train it if it is their mean */
    float negative_weight; /* of bsl and ccl */
    float margin;          /* of ccl */
    bool rows_are_outside; /* a row is none of its column's; needs own_bias */
    bool remove_accidental_hits;
    int64_t num_hard_negatives; /* 0: all negatives */
} td_retrieval;

/* A thread's memory: O(rows of a tile x columns), never B x B. */
typedef struct {
    size_t tiles;
    float *u;       /* (rows, width): over the temperature */
    float *scores;  /* (column tiles, rows, TD_COLUMN_STRIDE), or of one column tile at a time */
    float *maxima;  /* (rows, column tiles): then exp(maximum - the row's) */
    float *sums;    /* (rows, column tiles) */
    float *slopes;  /* (rows, column tiles), of losses that are means */
    float *own;     /* (rows): score of the row's own item */
    float *factor;  /* (rows): what the gradient by negatives' dot products is scaled by, */
    float *pull;    /* (rows): and what that by the own item's has less */
    float *terms;   /* (TD_COLUMN_TILE or rows, width): of dV or dU */
    float *patched; /* (2, TD_COLUMN_STRIDE): weights, in the tile of its own column, of a row of an
                       even place and one of an odd one */
    /* Only with kernels that round. */
    float *packed_left; /* (rows, TD_COLUMN_STRIDE) packed: weighted parts of the gradient of a
                           column tile at a time, for dU, */
    float *packed;      /* (column tiles, rows, TD_COLUMN_STRIDE) packed: and all of them, for dV */
    float *products;    /* (column tiles, rows, width): of dU, whose factors are not yet known */
    float *packed_u;    /* (rows, width): what scores multiply, then what dV does */
    float *scaled_u;    /* (rows, width): u by the row's factor */
    float *own_part;    /* (rows): the own column's weighted part of the gradient, not rounded */
    /* Only for hard negatives. */
    float *kept;       /* (column tiles, rows, TD_COLUMN_STRIDE): the weights of each row */
    float *row_scores; /* (columns), as the next three: one row at a time */
    float *row_weights;
    float *row_kept;
    uint32_t *keys;
    td_exact *du; /* (rows, width) */
} td_retrieval_scratch;

/* Makes scratch for tiles of at most rows rows and columns columns of this width, for these kernels
 * and those in float of their set. */
td_retrieval_scratch td_retrieval_scratch_create(const td_kernels *kernels, size_t rows,
                                                 size_t columns, size_t width, bool hard_negatives);
void td_retrieval_scratch_free(td_retrieval_scratch *scratch);

/* Adds the rows' loss and their part of dV, and of a learned temperature's gradient, to gradients,
 * and to du (count, width). With du NULL
 * only the loss is computed. */
void td_retrieval_tile(const td_retrieval *task, const td_task_rows *rows,
                       td_retrieval_scratch *scratch, float *du, td_gradients *gradients);

#endif
