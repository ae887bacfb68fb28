/* Which rows are test rows: a function of the seed and the row's number alone. */
#ifndef TD_PREPARE_SPLIT_H
#define TD_PREPARE_SPLIT_H

#include "comm/comm.h"

#include <stdbool.h>
#include <stdint.h>

/* Local. Returns how many of rows are test rows: the product rows * fraction, as a double, rounded
 * half away from zero. */
int64_t td_split_test_rows(int64_t rows, double fraction);

/* Collective. Each rank has a run of count rows from row first on, and all together those from 0 to
 * rows; sets is_test[i] of row first + i. The rows in order of (philox(seed, row), row) are
 * training rows but for the last test_rows of them. */
void td_split_choose(td_comm *comm, uint64_t seed, int64_t rows, int64_t test_rows, int64_t first,
                     int64_t count, bool *is_test);

#endif
