/* A random permutation as a function: a Feistel network on the smallest square of a power of two
 * that holds [0, n), walked until it is back inside (Black and Rogaway, "Ciphers with arbitrary
 * finite domains", 2002). */
#include "synth/random.h"

enum { ROUNDS = 4 };

static uint64_t shuffle(uint64_t seed, td_synth_stream stream, unsigned bits, uint64_t index)
{
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    uint64_t left = index >> bits, right = index & mask;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t mixed = left ^ (td_philox_key(seed, stream, right, round) & mask);
        left = right;
        right = mixed;
    }
    return left << bits | right;
}

uint64_t td_synth_permute(uint64_t seed, td_synth_stream stream, uint64_t n, uint64_t index)
{
    unsigned bits = 1;
    while (UINT64_C(1) << 2 * bits < n)
        bits++;
    do
        index = shuffle(seed, stream, bits, index);
    while (index >= n);
    return index;
}
