/* Rows of tables that no training row named (model.untrained_rows): training leaves them where they
 * start, bit for bit, and by this they are known. In use they answer with the mean of the rows that
 * training moved, or with row 0, the unknown one, where id dropout has trained that. */
#ifndef TD_RUN_UNTRAINED_ROWS_H
#define TD_RUN_UNTRAINED_ROWS_H

#include "comm/comm.h"
#include "model/model.h"

/* The rows that were set, by tensor; begins as {0}. */
typedef struct {
    size_t tensors;
    uint8_t **is_set; /* (tensors): of a table (held rows), else NULL */
} td_untrained_rows;

/* Collective. Sets the untrained rows of all tables, where the model's configuration asks for it
 * and training has moved any row of the table. Notes which these are, to be put back; NULL: they
 * stay. TD_ERR_NUMERIC if a table's values are too large to be summed exactly. */
td_status td_untrained_rows_set(td_comm *comm, td_model *model, td_untrained_rows *rows);

/* Local. Puts the rows back to their start, for training to go on, and frees the notes. */
void td_untrained_rows_put_back(td_model *model, td_untrained_rows *rows);

#endif
