/* A small hash table from ids to groups. */
#include "model/grouping.h"

#include "base/log.h"

#include <string.h>

/* of_row (n) and first (count): groups in the order in which their ids first come. */
void td_group_by_id(size_t n, const int32_t *ids, td_grouping *grouping)
{
    enum { BUCKETS = 4 * TD_TILE_ROWS, EMPTY = 0xffff };
    uint16_t bucket[BUCKETS];
    TD_ASSERT(n <= TD_TILE_ROWS);
    memset(bucket, 0xff, sizeof bucket);
    grouping->count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = (uint32_t)ids[i] * 2654435769U % BUCKETS;
        while (bucket[at] != EMPTY && ids[grouping->first[bucket[at]]] != ids[i])
            at = (at + 1) % BUCKETS;
        if (bucket[at] == EMPTY) {
            grouping->first[grouping->count] = (uint16_t)i;
            bucket[at] = (uint16_t)grouping->count++;
        }
        grouping->of_row[i] = bucket[at];
    }
}

/* sums_g = sum of dx_i over the rows i of group g, in their order */
void td_group_sum(const td_grouping *grouping, size_t n, size_t width, const float *dx,
                  size_t stride, float *sums)
{
    memset(sums, 0, grouping->count * width * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++)
            sums[grouping->of_row[i] * width + k] += dx[i * stride + k];
}
