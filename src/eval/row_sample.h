/* A seeded sample of a split's rows: the n rows of the smallest (philox(seed, row), row), so that
 * it is a function of seed and data, the same on every layout.
 */
#ifndef TD_EVAL_ROW_SAMPLE_H
#define TD_EVAL_ROW_SAMPLE_H

#include "comm/comm.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row's place in the order that samples are taken in: by key, then by row. */
typedef struct {
    uint64_t key;
    int64_t row;
} td_row_place;

typedef struct {
    bool all; /* no sample: every row */
    uint64_t seed;
    td_row_place last; /* of the sample */
} td_row_sample;

/* Collective. Chooses n rows of a split; all of them if n is 0 or at least their number. Memory: 2n
 * places at most. */
td_status td_row_sample_choose(td_comm *comm, td_dataset *data, td_split split, uint64_t seed,
                               int64_t n, td_row_sample *sample);

/* Local. Tells whether the row of this number, one of the split, is in the sample. */
bool td_row_sample_has(const td_row_sample *sample, int64_t row);

/* Collective. Returns the n-th smallest place (from 1) of all ranks' places, at least n of them;
 * those of a rank are sorted. */
td_row_place td_row_places_nth(td_comm *comm, const td_row_place *places, size_t count, int64_t n);

#endif
