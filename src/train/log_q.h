/* The correction of scores for how often an item is met as a negative (retrieval.log_q).
 *
 *     E_j = rows p_j + uniform / items      how often a row's negatives have item j, expected
 *     b_j = -strength log E_j               what the scores of column j start from
 *
 * p_j is the item's share of the training rows, at least 1e-6; rows those of the row's group that
 * count; uniform the number of negatives that all groups share. Where all scores are corrected, a
 * row's own too, a factor of all E_j changes nothing: without uniform negatives b_j is then
 * -strength log p_j, TFRS's. Where negatives alone are, the row's own item has b = 0: it is there
 * for sure (Khrylchenko et al., "Correcting the LogQ Correction", RecSys 2025, arXiv 2507.09331),
 * and the sum over negatives, each over E_j, stands for that over all items. All functions are
 * Local.
 */
#ifndef TD_TRAIN_LOG_Q_H
#define TD_TRAIN_LOG_Q_H

#include "tandem/config.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const float *item_bias; /* (items): -log p_j; NULL: nothing is corrected */
    bool of_negatives;      /* a row's own item is not */
    float strength;
    float uniform; /* over the items */
} td_log_q;

/* What a configuration asks for; item_bias is kept by reference. items: with row 0, which no
 * uniform negative is. */
td_log_q td_log_q_of(const td_config *config, const float *item_bias, int64_t items);

/* Returns b_j of an item among the columns of a group with so many rows that count. */
float td_log_q_bias(const td_log_q *log_q, int64_t rows, int32_t item);

#endif
