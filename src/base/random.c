/* Philox through Random123. The counter is (index, block, stream), the key is the seed. */
#include "base/random.h"

#include <Random123/philox.h>

td_random td_philox(uint64_t seed, uint32_t stream, uint64_t index, uint32_t block)
{
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), block, stream}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t bits = philox4x32(counter, key);
    return (td_random){{bits.v[0], bits.v[1], bits.v[2], bits.v[3]}};
}

uint64_t td_philox_key(uint64_t seed, uint32_t stream, uint64_t index, uint32_t block)
{
    td_random random = td_philox(seed, stream, index, block);
    return (uint64_t)random.word[1] << 32 | random.word[0];
}

float td_uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24F;
}

uint32_t td_stream_of_name(const char *name)
{
    uint32_t hash = 2166136261U;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return hash | 0x80000000U;
}
