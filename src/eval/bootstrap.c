#include "eval/bootstrap.h"

#include "base/random.h"

#include <string.h>

/* 2^32 times the chance that a Poisson number of mean 1 is at most n: 1/e (1 + 1 + 1/2 + 1/6 ..),
 * rounded down. A word at or above the last is one more than that. */
static uint8_t poisson(uint32_t word)
{
    static const uint32_t chance[] = {0x5e2d58d8, 0xbc5ab1b1, 0xeb715e1d, 0xfb239797,
                                      0xff1025f5, 0xffd90f3b, 0xfffa8b71, 0xffff540c,
                                      0xffffed1f, 0xfffffe21, 0xffffffd4, 0xfffffffc};
    uint8_t n = 0;
    while (n < sizeof chance / sizeof *chance && word >= chance[n])
        n++;
    return n;
}

void td_bootstrap_draw(uint64_t seed, int64_t place, size_t b, uint8_t times[TD_DRAWS])
{
    const td_random random = td_philox(seed, TD_STREAM_BOOTSTRAP, (uint64_t)place, (uint32_t)b);
    for (int i = 0; i < TD_DRAWS; i++)
        times[i] = poisson(random.word[i]);
}

int64_t td_bootstrap_draw_runs(uint64_t seed, int side, size_t resample, size_t runs,
                               int64_t *times)
{
    const size_t draws = runs > 1 ? runs - 1 : 1;
    memset(times, 0, runs * sizeof *times);
    for (size_t d = 0; d < draws; d++) {
        const uint32_t block = (uint32_t)(d / TD_DRAWS) << 1 | (uint32_t)side;
        const td_random random = td_philox(seed, TD_STREAM_RUNS, resample, block);
        times[(uint64_t)random.word[d % TD_DRAWS] * runs >> 32]++;
    }
    return (int64_t)draws;
}
