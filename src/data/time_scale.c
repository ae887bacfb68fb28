/* Edges and moments of times. */
#include "data/time_scale.h"

#include "base/memory.h"

#include <math.h>

td_time_scale td_time_scale_create(size_t count, double first, double last, double mean,
                                   double variance)
{
    td_time_scale scale = {.count = count, .mean = mean, .deviation = sqrt(variance)};
    const double step = count > 1 ? (last - first) / (double)(count - 1) : 0;
    scale.edges = TD_NEW(float, count);
    for (size_t i = 0; i + 1 < count; i++)
        scale.edges[i] = (float)((double)i * step + first);
    if (count > 0)
        scale.edges[count - 1] = (float)last;
    if (scale.deviation < 1e-7)
        scale.deviation = 1e-7;
    return scale;
}

void td_time_scale_free(td_time_scale *scale)
{
    td_free(scale->edges);
    *scale = (td_time_scale){0};
}

int32_t td_scale_bucket(const td_time_scale *scale, float at)
{
    size_t low = 0, high = scale->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scale->edges[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return (int32_t)low;
}

float td_scale_normalized(const td_time_scale *scale, double at)
{
    return (float)((at - scale->mean) / scale->deviation);
}

int32_t td_time_bucket(const td_time_scale *scale, int64_t time)
{
    return td_scale_bucket(scale, (float)time);
}

float td_time_normalized(const td_time_scale *scale, int64_t time)
{
    return td_scale_normalized(scale, (double)time);
}
