/* A counting sort. */
#include "data/deal.h"

#include "base/memory.h"

int64_t *td_deal_starts(int ranks, int64_t count, const int32_t *to)
{
    int64_t *starts = TD_NEW(int64_t, (size_t)ranks + 1);
    for (int64_t i = 0; i < count; i++)
        starts[to[i] + 1]++;
    for (int r = 0; r < ranks; r++)
        starts[r + 1] += starts[r];
    return starts;
}

void *td_deal(int ranks, const int64_t *starts, const int32_t *to, size_t size, const void *values)
{
    int64_t count = starts[ranks], *next = TD_NEW(int64_t, (size_t)ranks);
    char *dealt = td_allocate((size_t)count, size);
    memcpy(next, starts, (size_t)ranks * sizeof *next);
    for (int64_t i = 0; i < count; i++)
        td_copy_element(size, dealt + (size_t)next[to[i]]++ * size,
                        (const char *)values + (size_t)i * size);
    td_free(next);
    return dealt;
}
