/* The area under the ROC curve over all rows of a task: of the pairs of a row labeled 1 and a row
 * labeled 0 the share in which the former is predicted higher, a tie counting half. Pairs are
 * counted, in whole numbers, so that the result is the same on any number of ranks.
 *
 * Source: Fawcett 2006, "An introduction to ROC analysis"; Mann and Whitney 1947.
 */
#ifndef TD_EVAL_ROW_AUC_H
#define TD_EVAL_ROW_AUC_H

#include "comm/comm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of one rank: 8 bytes each. Begins as {0}; td_row_auc_free frees it. */
typedef struct {
    size_t count, room;
    uint64_t *row; /* (count): the prediction as an integer of its order, then the label */
    bool is_no_number;
} td_row_auc;

void td_row_auc_free(td_row_auc *auc);

/* Local. Adds rows; those without a label are passed over. */
void td_row_auc_add(td_row_auc *auc, size_t rows, const float *prediction, const float *label);

/* Collective; the rows are those of all ranks, and are sorted. NaN where no two rows have different
 * labels, or where a prediction is no number or a label neither 0 nor 1. */
double td_row_auc_find(td_comm *comm, td_row_auc *auc);

#endif
