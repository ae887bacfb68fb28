/* A counting sort. */
#include "comm/partition.h"

#include "base/memory.h"
#include "base/type.h"

#include <string.h>

int64_t *td_partition_offsets(int ranks, int64_t count, const int32_t *to)
{
    int64_t *offsets = TD_NEW(int64_t, (size_t)ranks + 1);
    for (int64_t i = 0; i < count; i++)
        offsets[to[i] + 1]++;
    for (int r = 0; r < ranks; r++)
        offsets[r + 1] += offsets[r];
    return offsets;
}

void td_partition_into(int ranks, const int64_t *offsets, const int32_t *to, size_t size,
                       const void *values, void *sorted)
{
    int64_t count = offsets[ranks], *next = TD_NEW(int64_t, (size_t)ranks);
    memcpy(next, offsets, (size_t)ranks * sizeof *next);
    for (int64_t i = 0; i < count; i++)
        td_copy_element(size, (char *)sorted + (size_t)next[to[i]]++ * size,
                        (const char *)values + (size_t)i * size);
    td_free(next);
}

void *td_partition(int ranks, const int64_t *offsets, const int32_t *to, size_t size,
                   const void *values)
{
    void *sorted = td_allocate_unset((size_t)offsets[ranks], size);
    td_partition_into(ranks, offsets, to, size, values, sorted);
    return sorted;
}
