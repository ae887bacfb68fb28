/* The gradient of a table in one step: exact sums for the rows that the step touches.
 *
 * The rows are those of the table that are held here, or all where others are met; their numbers
 * are the table's.
 *
 * A row's slot is its place in the list of touched rows, in the order of first touch; nothing may
 * depend on that order. Slots are made by one thread before the tiles run (td_row_sums_touch), all
 * sums are set to 0 by all threads (td_row_sums_zero), then any number of threads add to them. All
 * functions are Local.
 */
#ifndef TD_MODEL_ROW_SUMS_H
#define TD_MODEL_ROW_SUMS_H

#include "base/locks.h"
#include "base/range.h"
#include "math/kernels.h"
#include "model/parameters.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    td_range held;
    size_t width;
    size_t count;    /* touched rows */
    size_t capacity; /* slots allocated */
    int32_t *ids;    /* (count): the row of each slot */
    td_exact *sums;  /* (count, width), */
    int exponent;    /* in units of 2^-exponent; may be set while all sums are 0 */
    int32_t *slots;  /* (held.count), of each held row; -1 for an untouched one */
    td_locks *locks;
} td_row_sums;

/* Makes an empty list for rows of a table of this width, in the finest unit of gradients;
 * td_row_sums_free frees it. */
void td_row_sums_create(td_row_sums *sums, td_range held, size_t width);
void td_row_sums_free(td_row_sums *sums);

/* The bytes that a list takes for each row in it, at most. */
int64_t td_row_sums_row_bytes(size_t width);

/* Empties the list, at the cost of what it holds. */
void td_row_sums_clear(td_row_sums *sums);

/* Sets all sums to 0; the rows keep their slots. The threads of a team that call it together share
 * the rows, and do not wait for one another. */
void td_row_sums_zero(td_row_sums *sums);

/* Gives each of n rows a slot; the sums of a new one are yet to be set to 0, unless it is the first
 * that has this slot. One thread at a time. */
void td_row_sums_touch(td_row_sums *sums, size_t n, const int32_t *ids);

/* Adds terms (width) to a touched row's sums; returns the largest |term|. Threads may overlap. */
td_magnitude td_row_sums_add(td_row_sums *sums, const td_kernels *kernels, int32_t id,
                             const float *terms);

/* Adds a part of a touched row's sums (width). Threads may overlap. */
void td_row_sums_add_exact(td_row_sums *sums, int32_t id, const td_exact *part);

/* Adds another rank's sums (n, width) of rows ids, touching them. One thread at a time. */
void td_row_sums_merge(td_row_sums *sums, size_t n, const int32_t *ids, const td_exact *parts);

#endif
