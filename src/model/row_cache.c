/* One place for all ids that are equal modulo the number of places: the last one has it. */
#include "model/row_cache.h"

#include "base/memory.h"

#include <string.h>

/* A row that has come so many times one after the other has sums of its thread's. */
enum { OFTEN = 3 };

td_row_cache td_row_cache_create(size_t width)
{
    const int32_t none = -1;
    return (td_row_cache){.ids = td_allocate_filled(TD_ROW_CACHE, sizeof none, &none),
                          .times = TD_NEW(uint8_t, TD_ROW_CACHE),
                          .sums = TD_NEW(td_exact, TD_ROW_CACHE * width)};
}

void td_row_cache_free(td_row_cache *cache)
{
    td_free(cache->ids);
    td_free(cache->times);
    td_free(cache->sums);
}

/* Brings the sums of a place, if there are any, to the table's. */
static void give(td_row_cache *cache, td_row_sums *sums, size_t place)
{
    if (cache->times[place] == OFTEN)
        td_row_sums_add_exact(sums, cache->ids[place], cache->sums + place * sums->width);
    cache->times[place] = 0;
}

/* Most rows come once or twice, and are added to the table's sums at once. */
td_magnitude td_row_cache_add(td_row_cache *cache, td_row_sums *sums, const td_kernels *kernels,
                              int32_t id, const float *terms)
{
    const size_t place = (size_t)id % TD_ROW_CACHE;
    td_exact *here = cache->sums + place * sums->width;
    if (cache->is_alone)
        return td_row_sums_add(sums, kernels, id, terms);
    if (cache->ids[place] != id) {
        give(cache, sums, place);
        cache->ids[place] = id;
    }
    if (cache->times[place] < OFTEN) {
        if (++cache->times[place] < OFTEN)
            return td_row_sums_add(sums, kernels, id, terms);
        memset(here, 0, sums->width * sizeof *here);
    }
    return kernels->exact_add(sums->exponent, sums->width, terms, here);
}

void td_row_cache_flush(td_row_cache *cache, td_row_sums *sums)
{
    for (size_t place = 0; place < TD_ROW_CACHE && !cache->is_alone; place++) {
        give(cache, sums, place);
        cache->ids[place] = -1;
    }
}
