/* Gradients of a step's columns, dV, which all workers of a node add to: threads, of one rank or of
 * several that share memory. They are summed in one place, or, where each worker has a core, in as
 * many, so that none waits for another's cache lines; these are added up when all have added. The
 * sums are exact, so that neither their number nor who adds where can matter. All functions are
 * Local.
 */
#ifndef TD_MODEL_COLUMN_SUMS_H
#define TD_MODEL_COLUMN_SUMS_H

#include "base/locks.h"
#include "base/range.h"
#include "math/exact_sum.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t width;
    size_t capacity; /* columns */
    size_t places;
    bool is_own;     /* the memory of the next three is; else it is the caller's */
    td_locks *locks; /* of a place's column tiles */
    td_exact *sums;  /* (places, capacity, width) */
    bool *has_terms; /* (places, tiles): column tiles with terms; what is in others is no sum */
} td_column_sums;

/* Makes empty sums; td_column_sums_free frees them. */
void td_column_sums_create(td_column_sums *sums, size_t width, size_t capacity, size_t places);
void td_column_sums_free(td_column_sums *sums);

/* The same in room of so many bytes, on a cache line, which several processes see and which the
 * caller frees after. One of them begins to share it before any adds. */
void td_column_sums_create_in(td_column_sums *sums, size_t width, size_t capacity, size_t places,
                              void *room);
size_t td_column_sums_bytes(size_t width, size_t capacity, size_t places);
void td_column_sums_share(td_column_sums *sums);

/* Empties some of the places. */
void td_column_sums_clear(td_column_sums *sums, td_range places);

/* Begins to add to count columns from first on, which are in one tile: returns their sums in a
 * worker's place (any number is one). Nobody else adds to the tile there until it ends. */
td_exact *td_column_sums_begin(td_column_sums *sums, size_t worker, size_t first);
void td_column_sums_end(td_column_sums *sums, size_t worker, size_t first);

/* out (count, width) = the sums of count columns from first on, over all places. out may be their
 * sums in the first place. */
void td_column_sums_join(const td_column_sums *sums, size_t first, size_t count, td_exact *out);

#endif
