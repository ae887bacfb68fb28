/* Rows count the less, the older they are. Of training (train.half_life):
 *
 *     w_i = weight_i f_i / mean f,   f_i = 2^-(age_i / half-life),   age_i = newest time - time_i
 *
 * where newest is that of all training rows, the mean is over these, so that losses stay in the
 * range that a learning rate was chosen for, and weight_i is what a task weighs the row by without:
 * its weight, or the task's weight_field. The sum of f is exact. Source: the exponential form of
 * time-weighted collaborative filtering, Ding and Li, CIKM 2005.
 */
#ifndef TD_DATA_HALF_LIFE_H
#define TD_DATA_HALF_LIFE_H

#include "comm/comm.h"
#include "data/rows.h"
#include "tandem/config.h"

#include <stdint.h>

/* Local. Returns the seconds from one time to a later one, 0 if it is none. A row without a time is
 * older than all that have one. */
int64_t td_age_between(int64_t newer, int64_t older);

/* Local. Returns 2 to the power of -age / half_life, both in seconds, within 2^-23 of it and the
 * same bits everywhere; 1 without a half_life. */
double td_decay_by_age(int64_t age, int64_t half_life);

/* Local. TD_ERR_CONFIG if the configuration has a half-life, and the data have no times. */
td_status td_half_life_check(const td_config *config, const td_schema *schema);

/* Collective: the training rows of all ranks, of which these are this rank's, with their times and
 * what tasks weigh them by. Adds weights where rows have none by themselves. Warns where the newest
 * rows are nearly all that counts. */
void td_half_life_weigh(td_comm *comm, const td_config *config, td_rows *rows);

#endif
