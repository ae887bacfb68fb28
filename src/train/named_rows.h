/* Which rows of tables the training rows of a data file name, so that training moves them.
 *
 * A row of users or items that have training rows is named, and so is one that a field of theirs, a
 * history or a field of a training row has. Row 0, what is missing or unknown, does not count.
 */
#ifndef TD_TRAIN_NAMED_ROWS_H
#define TD_TRAIN_NAMED_ROWS_H

#include "comm/comm.h"
#include "data/dataset.h"
#include "model/spec.h"

#include <stdint.h>

/* By the spec's tables. Begins as {0}; td_named_rows_free frees it. */
typedef struct {
    size_t tables;
    int64_t **times; /* (tables), (rows) 0 for a row that none names */
} td_named_rows;

/* Collective; spec is bound to the data's fields of users and items (spec.h). */
td_status td_named_rows_find(td_comm *comm, td_dataset *data, const td_spec *spec,
                             td_named_rows *named);
void td_named_rows_free(td_named_rows *named);

#endif
