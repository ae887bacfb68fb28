/* How generated data use randomness: streams, and three functions of random bits.
 *
 * Everything here is integer arithmetic, so that it gives the same bits on every machine. All
 * functions are Local and have no side effect.
 */
#ifndef TD_SYNTH_RANDOM_H
#define TD_SYNTH_RANDOM_H

#include "base/random.h"

#include <stdint.h>

typedef enum {
    SYNTH_ITEM_ORDER = TD_STREAM_SYNTH, /* popularity's place -> id */
    SYNTH_ITEM,                         /* index = place: traits of the item */
    SYNTH_TITLE,                        /* index = place: year and form of the title */
    SYNTH_USER_ORDER,                   /* user -> place in the order of activity */
    SYNTH_USER,                         /* index = user: tastes, time, bias */
    SYNTH_CHOICE,                       /* index = user, block = attempt: which item */
    SYNTH_RATING                        /* index = user, block = row: rating and time */
} td_synth_stream;

/* Returns a number in [0, n), each as likely as the others to one part in 2^64 / n. */
static inline uint64_t td_synth_below(uint64_t bits, uint64_t n)
{
    return (uint64_t)((__extension__(unsigned __int128) bits) * n >> 64);
}

/* Returns 64 of the 128 bits, the half 0 or 1. */
static inline uint64_t td_synth_half(td_random random, int half)
{
    return (uint64_t)random.word[2 * half + 1] << 32 | random.word[2 * half];
}

/* Returns a number in [-510, 510] with mean 0 and deviation 148, shaped nearly like a bell: the
 * sum of the word's four bytes less its mean. */
static inline int td_synth_bell(uint32_t word)
{
    return (int)((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)) - 510;
}

/* Returns the place of index in a random order of [0, n), without a table. */
uint64_t td_synth_permute(uint64_t seed, td_synth_stream stream, uint64_t n, uint64_t index);

#endif
