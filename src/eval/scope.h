/* What rows that are asked could have leaked into, before they were asked. */
#ifndef TD_EVAL_SCOPE_H
#define TD_EVAL_SCOPE_H

#include "data/dataset.h"

#include <stdint.h>

/* Collective. Sets *text to the words for what split, vocabularies and statistics are of, which the
 * caller frees with td_free, and *newest to the time of the newest training row, INT64_MIN in data
 * without times. */
td_status td_scope_find(td_comm *comm, td_dataset *data, char **text, int64_t *newest);

#endif
