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

/* Local. Returns the seconds from one time to a later one, 0 if it is none. A row without a time is
 * older than all that have one. */
int64_t td_weight_age(int64_t newer, int64_t older);

/* Local. Returns 2 to the power of -age / half_life, within 2^-23 of it and the same bits
 * everywhere; 1 without a half_life. */
double td_weight_decay(int64_t age, int64_t half_life);

/* Collective. Gives the rows that are left their weights, where a category tells them. TD_ERR_INPUT
 * for a name without a value. */
td_status td_weigh_rows(td_preparing *p, const bool *keep);

/* Collective. Weighs each row by its age when the newest training row was new. */
void td_age_weights(td_preparing *p);

#endif
