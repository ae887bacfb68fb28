/* Rows of a tile that share an id, so that their gradients are summed inside the tile first. */
#ifndef TD_MODEL_GROUPING_H
#define TD_MODEL_GROUPING_H

#include "base/range.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t count;                  /* groups */
    uint16_t of_row[TD_TILE_ROWS]; /* the group of each row */
    uint16_t first[TD_TILE_ROWS];  /* the first row of each group */
} td_grouping;

/* Local. Numbers the distinct ids of n rows in the order they come. */
void td_group_by_id(size_t n, const int32_t *ids, td_grouping *grouping);

/* Local. Sets sums (groups, width) to the sums of dx (n, width), rows stride apart, in ascending
 * row order. */
void td_group_sum(const td_grouping *grouping, size_t n, size_t width, const float *dx,
                  size_t stride, float *sums);

#endif
