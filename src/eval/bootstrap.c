#include "eval/bootstrap.h"

#include "base/random.h"

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
