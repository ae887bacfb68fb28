/* Which rows are test rows: a function of the seed and the row's number alone. All functions are
 * Local. */
#ifndef TD_DATA_SPLIT_H
#define TD_DATA_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

/* Returns how many of rows are test rows: the product rows * fraction, as a double, rounded half
 * away from zero. */
int64_t td_split_test_rows(int64_t rows, double fraction);

/* Sets is_test[row] for every row: the rows in order of (philox(seed, row), row) are training rows
 * but for the last test_rows of them. */
void td_split_choose(uint64_t seed, int64_t rows, int64_t test_rows, bool *is_test);

#endif
