/* The errors of predicted ratings on rows to be evaluated: exact sums over the ranks, each of which
 * predicts the rows whose items are in its partition of the candidates. */
#ifndef TD_EVAL_RATING_ERRORS_H
#define TD_EVAL_RATING_ERRORS_H

#include "eval/item_ranks.h"
#include "model/model.h"

typedef struct {
    int64_t rows;
    td_exact squares;   /* of prediction - rating, in units of 2^-TD_EXACT_TOTAL */
    td_exact absolutes; /* likewise */
    td_magnitude largest;
} td_rating_errors;

/* Local. Adds the rows whose item is in this partition. The head runs on fixed kernels, row by row
 * the same wherever the row is predicted. */
void td_rating_errors_add(td_rating_errors *errors, const td_model *model,
                          const td_candidates *candidates, const td_ranking *ranking,
                          const float *ratings);

/* Collective. Sums over the ranks, then the root of the mean squared error and the mean absolute
 * error of all rows; NaN if a prediction is not finite or absurdly far off (beyond 10^4). */
void td_rating_errors_finish(td_rating_errors *errors, td_comm *comm, double *rmse, double *mae);

#endif
