/* The metrics (metric.h) of all systems (systems.h) on one split.
 *
 * An item's rank is over the whole list of candidates, seen items included (TFRS FactorizedTopK);
 * with eval.exclude_seen, the user's distinct training items are counted out, but for the row's
 * own. Every system is measured alike, so that a number never stands alone. With eval.sample all of
 * this is of a sample of the rows (row_sample.h).
 */
#ifndef TD_EVAL_EVALUATION_H
#define TD_EVAL_EVALUATION_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "model/model.h"
#include "tandem/metric.h"

typedef struct {
    td_split split;
    char *settings;            /* that the values were computed under; only values of equal ones
                                  compare */
    int64_t rows;              /* that were evaluated: of the split, or of its sample */
    int64_t unknown_user_rows; /* of users without an id, which the table's row 0 answers for */
    size_t count;
    td_metric_value *value; /* (count): by system, metric and k */
} td_evaluation;

/* Collective. Evaluates the systems on a split of data; config says by which metrics, at which ks,
 * over which candidates and of how many rows (eval.*). td_evaluation_free frees what it gives. */
td_status td_evaluate_split(td_comm *comm, const td_model *model, td_dataset *data, td_split split,
                            const td_config *config, td_evaluation *evaluation);
void td_evaluation_free(td_evaluation *evaluation);

/* Local. Returns the settings of eval.* that values depend on, as "key=value,key=value"; the caller
 * frees them with td_free. */
char *td_evaluation_settings(const td_config *config);

#endif
