/* What an evaluation says of each user, for anybody else's test. */
#ifndef TD_SERVE_USER_VALUES_H
#define TD_SERVE_USER_VALUES_H

#include "eval/evaluation.h"
#include "tandem/output.h"

/* Collective; rank 0 writes. A record for each user who was asked, in the order of the data file,
 * with the columns user and, for each value of the evaluation, SYSTEM/METRIC: the metric of this
 * user's rows alone, NaN where it has none. TD_ERR_FILE. */
td_status td_user_values_write(td_comm *comm, td_dataset *data, const td_evaluation *evaluation,
                               const td_output *output);

#endif
