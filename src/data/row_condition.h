/* A condition of the configuration on the rows of a data file. */
#ifndef TD_DATA_ROW_CONDITION_H
#define TD_DATA_ROW_CONDITION_H

#include "data/rows.h"
#include "tandem/status.h"

#include <stdbool.h>

struct td_dataset; /* data/dataset.h, which knows files */

/* Collective. Sets holds[i] to whether row i of rows, which have the schema's fields of rows,
 * satisfies the condition text, on fields of rows, of their users and of their items. The users are
 * those at place (rows) in the file; NULL: those of their ids, which all have. TD_ERR_CONFIG,
 * naming the key, if it is none. */
td_status td_row_condition_test(struct td_dataset *data, const char *key, const char *text,
                                const td_rows *rows, const int64_t *place, bool *holds);

#endif
