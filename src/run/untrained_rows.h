/* Rows of tables that no training row named (model.untrained_rows): training leaves them where they
 * start, bit for bit, and by this they are known. In use they answer with the mean of the rows that
 * training moved, or with row 0, the unknown one, where id dropout has trained that. */
#ifndef TD_RUN_UNTRAINED_ROWS_H
#define TD_RUN_UNTRAINED_ROWS_H

#include "comm/comm.h"
#include "model/model.h"

/* Which rows these are, by tensor. Begins as {0}; td_untrained_rows_free frees it. */
typedef struct {
    size_t tensors;
    uint8_t **is_untrained; /* (tensors): of a table (held rows), else NULL */
} td_untrained_rows;

/* Local. Finds them in a model as training left it. */
td_untrained_rows td_untrained_rows_find(const td_model *model);

/* Collective. Sets them in all tables that training has moved any row of, where the model's
 * configuration asks for it. TD_ERR_NUMERIC if a table's values are too large to be summed exactly.
 */
td_status td_untrained_rows_set(td_comm *comm, td_model *model, const td_untrained_rows *rows);

/* Collective. Finds and sets them where the model's configuration asks for it; else rows are {0}.
 */
td_status td_untrained_rows_answer(td_comm *comm, td_model *model, td_untrained_rows *rows);

/* Local. Puts them back to their start, for training to go on. */
void td_untrained_rows_put_back(td_model *model, const td_untrained_rows *rows);

/* Collective. Sets counts (tensors) to how many rows of each table these are, over all ranks; 0 of
 * what is no table. */
void td_untrained_rows_count(td_comm *comm, const td_model *model, const td_untrained_rows *rows,
                             int64_t *counts);

void td_untrained_rows_free(td_untrained_rows *rows);

#endif
