/* The retrieval task: softmax cross-entropy of each row's item against the columns of the batch, or
 * of the row's group of it (retrieval.negatives).
 *
 *     s_ij   = u_i . v_j / temperature - log q_j            (log_q: the columns' bias)
 *     n_j    = c_j, but n_p = c_p - 1, or 0 with remove_accidental_hits;   p the row's own column
 *              and n_j = 0 for the columns that are masked for the row
 *     m_j    = what num_hard_negatives keeps of n_j, and m_p one more; and, but for j = p, one more
 *              times q_j for each time that the row has j among negatives of its own
 *     loss_i = w_i (log Z_i - s_ip),   Z_i = sum_j m_j exp(s_ij)
 *     d loss_i / d s_ij = w_i (m_j exp(s_ij) / Z_i - [j = p])
 *
 * so that a negative of the row's own has the score u_i . v_j / temperature, without log q: it is
 * not met because it is frequent. c_j is the multiplicity of item j in the batch: TFRS's in-batch
 * softmax, its options in its order, on distinct columns (docs/decisions.md; TFRS
 * tasks/retrieval.py, layers/loss.py). The gradient is that of scale times the loss. A row's
 * maximum and sum are formed per column tile and combined over the tiles, never B x B. dU over
 * column tiles, and dV over row tiles, are exact sums. All functions are Local; one row tile at a
 * time per thread.
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
    const td_columns *columns;
    const float *own_bias; /* (columns): what the score of a row's own item starts from, once for
                              the row itself; NULL: from the column's bias */
    float temperature;
    float scale; /* weight of the loss, over the rows that train it if it is their mean */
    bool remove_accidental_hits;
    int64_t num_hard_negatives; /* 0: all negatives */
} td_retrieval;

/* A thread's memory: O(rows of a tile x columns), never B x B. */
typedef struct {
    size_t tiles;
    float *u;       /* (rows, width): over the temperature */
    float *scores;  /* (column tiles, rows, TD_COLUMN_STRIDE) */
    float *maxima;  /* (rows, column tiles): then exp(maximum - the row's) */
    float *sums;    /* (rows, column tiles) */
    float *own;     /* (rows): score of the row's own item */
    float *factor;  /* (rows): w_i / (temperature Z_i) */
    float *terms;   /* (TD_COLUMN_TILE or rows, width): of dV or dU */
    float *patched; /* (TD_COLUMN_STRIDE): a row's weights in the tile of its own column */
    /* Only for hard negatives. */
    float *kept;       /* (column tiles, rows, TD_COLUMN_STRIDE): the weights of each row */
    float *row_scores; /* (columns), as the next three: one row at a time */
    float *row_weights;
    float *row_kept;
    uint32_t *keys;
    td_exact *du; /* (rows, width) */
} td_retrieval_scratch;

/* Makes scratch for tiles of at most rows rows and columns columns of this width. */
td_retrieval_scratch td_retrieval_scratch_create(size_t rows, size_t columns, size_t width,
                                                 bool hard_negatives);
void td_retrieval_scratch_free(td_retrieval_scratch *scratch);

/* Adds the rows' loss and their part of dV to gradients, and to du (count, width). With du NULL
 * only the loss is computed. */
void td_retrieval_tile(const td_retrieval *task, const td_task_rows *rows,
                       td_retrieval_scratch *scratch, float *du, td_gradients *gradients);

#endif
