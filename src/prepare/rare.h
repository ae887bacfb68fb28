/* Names that too few values have (`min_count` of a schema). */
#ifndef TD_PREPARE_RARE_H
#define TD_PREPARE_RARE_H

#include "base/str.h"
#include "data/frame.h"

#include <stdint.h>

/* Local. Adds to counts, (names + 1), how many of the field's values each id has. */
void td_rare_count(const td_field *field, int64_t rows, int64_t *counts);

/* Local. Returns the names that at least min_count values have, in their order, and gives the
 * field's values their numbers there; values of other names become missing. Frees names. */
td_strings td_rare_drop(td_strings names, int64_t min_count, const int64_t *counts, td_field *field,
                        int64_t rows);

#endif
