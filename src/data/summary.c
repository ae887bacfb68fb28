#include "data/summary.h"

#include "base/memory.h"
#include "data/moments.h"

#include <math.h>

#define STEPS 0x1p37

/* Moments as words of 32 bits, which ranks can add: a count, a sum, a sum of squares. */
enum { SUM = 1, SQUARES = 4, WORDS = 8 };

static void put_words(td_wide value, int64_t *words, int count)
{
    for (int w = 0; w < count; w++)
        words[w] = (int64_t)(uint32_t)(value >> 32 * w);
}

static td_wide take_words(const int64_t *words, int count)
{
    td_wide value = 0;
    for (int w = 0; w < count; w++)
        value += (td_wide)(uint64_t)words[w] << 32 * w;
    return value;
}

/* Collective. The moments of each group become those of all ranks, but for first and last. */
static void join(td_comm *comm, size_t groups, td_moments *moments)
{
    int64_t *words = TD_NEW(int64_t, groups * WORDS);
    for (size_t g = 0; g < groups; g++) {
        words[g * WORDS] = moments[g].count;
        put_words(moments[g].sum, words + g * WORDS + SUM, SQUARES - SUM);
        put_words(moments[g].squares, words + g * WORDS + SQUARES, WORDS - SQUARES);
    }
    td_comm_sum(comm, groups * WORDS, words);
    for (size_t g = 0; g < groups; g++) {
        moments[g].count = words[g * WORDS];
        moments[g].sum = take_words(words + g * WORDS + SUM, SQUARES - SUM);
        moments[g].squares = take_words(words + g * WORDS + SQUARES, WORDS - SQUARES);
    }
    td_free(words);
}

/* Collective. The range of the numbers that count, {0, 0} of none. */
static void find_range(td_comm *comm, int64_t count, const float *numbers, td_group_of *group_of,
                       const void *context, float range[2])
{
    float mine[2] = {INFINITY, -INFINITY};
    size_t ranks;
    for (int64_t i = 0; i < count; i++) {
        if (group_of(context, i) < 0) /* a missing number is neither below nor above */
            continue;
        mine[0] = numbers[i] < mine[0] ? numbers[i] : mine[0];
        mine[1] = numbers[i] > mine[1] ? numbers[i] : mine[1];
    }
    float *of = td_comm_allgatherv(comm, mine, 1, sizeof mine, &ranks);
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t r = 0; r < ranks; r++) {
        range[0] = of[2 * r] < range[0] ? of[2 * r] : range[0];
        range[1] = of[2 * r + 1] > range[1] ? of[2 * r + 1] : range[1];
    }
    if (range[0] > range[1])
        range[0] = range[1] = 0;
    td_free(of);
}

void td_summarize_groups(td_comm *comm, int64_t count, const float *numbers, size_t groups,
                         td_group_of *group_of, const void *context, td_summary *summary)
{
    float range[2];
    td_moments *moments = TD_NEW(td_moments, groups);
    find_range(comm, count, numbers, group_of, context, range);
    const double low = range[0], high = range[1], step = (high - low) / STEPS;
    const double scale = high > low ? STEPS / (high - low) : 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t group = group_of(context, i);
        if (group >= 0 && !isnan(numbers[i]))
            td_moments_add(&moments[group], (int64_t)(((double)numbers[i] - low) * scale + 0.5));
    }
    join(comm, groups, moments);
    for (size_t g = 0; g < groups; g++) {
        const double mean = low + td_moments_mean(&moments[g]) * step;
        summary[g] = (td_summary){moments[g].count, low, high, fmin(fmax(mean, low), high),
                                  td_moments_variance(&moments[g]) * step * step};
    }
    td_free(moments);
}
