/* The metrics of a model on one split, beside those of the popularity baseline.
 *
 * Top-k categorical accuracy: the share of rows whose item has an item_rank of at most k, over the
 * whole list of candidates, seen items included (TFRS FactorizedTopK); with eval.exclude_seen, the
 * user's distinct training items are counted out, but for the row's own. The baseline ranks items
 * by their number of training rows, with the same counting, so that a number never stands alone.
 * With eval.sample all of this is of a sample of the rows (row_sample.h).
 */
#ifndef TD_EVAL_EVALUATION_H
#define TD_EVAL_EVALUATION_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "model/model.h"

typedef struct {
    int64_t rows;              /* that were evaluated: of the split, or of its sample */
    int64_t unknown_user_rows; /* of users without an id, which the table's row 0 answers for */
    td_int_list ks;
    int64_t hits[TD_LIST_MAX];            /* of the model, for each k */
    int64_t popularity_hits[TD_LIST_MAX]; /* of the baseline */
    bool rated;                           /* the model has a rating head: */
    double rmse;                          /* of its predictions, NaN if they are not finite */
    double mae;
} td_evaluation;

/* Collective. Evaluates the model on a split of data; config says at which ks, over which
 * candidates and of how many rows (eval.*). */
td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation);

#endif
