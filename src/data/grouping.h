/* The order of a data file: users in a seeded random order, each user's training and test rows
 * together, by rising row number.
 *
 * A user's number (1.. in byte order of the names) is one more than the index u that the order's
 * key takes; its place counts from 0 in the file's order. The split of the rows is split.h's.
 */
#ifndef TD_DATA_GROUPING_H
#define TD_DATA_GROUPING_H

#include "data/ratings.h"
#include "tandem/prepare.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t file_users;      /* all */
    int64_t users;           /* those with an id, which come first */
    int64_t test_only_users; /* those without a training row */
    int32_t *number;         /* (file_users) of the user at each place */
    bool *is_test;           /* (rows) */
    int64_t *offsets[2];     /* (file_users + 1) by td_split: where each user's rows start */
    int64_t *rows[2];        /* row numbers, grouped */
} td_grouping;

/* Local. Groups the rows. Under statistics of the training rows, users that have none have no id
 * and come last. The caller frees grouping with td_grouping_free. */
td_grouping td_grouping_make(const td_ratings *ratings, uint64_t seed, int64_t test_rows,
                             td_statistics statistics);
void td_grouping_free(td_grouping *grouping);

#endif
