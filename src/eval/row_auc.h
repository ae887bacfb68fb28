/* The area under the ROC curve over all rows of a task: of the pairs of a row labeled 1 and a row
 * labeled 0 the share in which the former is predicted higher, a tie counting half. Pairs are
 * counted, in whole numbers, so that the result is the same on any number of ranks. In a resample
 * of the users (bootstrap.h) a row counts as often as its user:
 *
 *     sum over i of label 1, j of label 0 of w_i w_j ([p_i > p_j] + [p_i = p_j] / 2) / (sum w_i sum
 * w_j)
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
    uint64_t *row;     /* (count): 32 bits of the prediction, as an integer of its order, 1 of the
                          label, 31 of the user's place */
    bool is_no_number; /* of any rank, once they are shared */
} td_row_auc;

void td_row_auc_free(td_row_auc *auc);

/* Local. Adds rows of the user at a place of the data file; those without a label are passed over.
 */
void td_row_auc_add(td_row_auc *auc, int64_t place, size_t rows, const float *prediction,
                    const float *label);

/* Collective. Shares all ranks' rows so that each has those of a range of predictions, sorted:
 * once, after the last row and before what follows. */
void td_row_auc_share(td_row_auc *auc, td_comm *comm);

/* Collective. NaN where no two rows have different labels, or where a prediction is no number or a
 * label neither 0 nor 1. */
double td_row_auc_find(const td_row_auc *auc, td_comm *comm);

/* Collective. Sets value (count) to the same of resamples of the users, value[0], value[stride] ..
 */
void td_row_auc_resample(const td_row_auc *auc, td_comm *comm, uint64_t seed, size_t count,
                         size_t stride, double *value);

#endif
