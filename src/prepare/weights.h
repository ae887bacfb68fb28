/* Weights that rows have by a category and by their age (roles of a schema, `from` and
 * `half_life`).
 */
#ifndef TD_PREPARE_WEIGHTS_H
#define TD_PREPARE_WEIGHTS_H

#include "prepare/preparing.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

#define TD_WEIGHT_MAX FLT_MAX

/* Collective. Gives the rows that are left their weights, where a category tells them. TD_ERR_INPUT
 * for a name without a value. */
td_status td_weigh_rows(td_preparing *p, const bool *keep);

/* Collective. Weighs each row by its age when the newest training row was new. */
void td_age_weights(td_preparing *p);

#endif
