/* Randomness as a pure function: Philox 4x32-10, a counter-based generator without state.
 *
 * A value is named by (seed, stream, index, block), so that any rank can compute the initial
 * value of row r of a table, or a row's place in an epoch, without computing any other. A stream
 * is one purpose; no two purposes share one.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011;
 * the code is the authors' Random123. All functions are Local and have no side effect.
 */
#ifndef TD_BASE_RANDOM_H
#define TD_BASE_RANDOM_H

#include <stdint.h>

/* The streams. A tensor's stream is td_stream_of_name(its name), never one of these. */
typedef enum {
    TD_STREAM_SPLIT = 1,      /* index = row: training or test */
    TD_STREAM_USER_ORDER = 2, /* index = user: the users' order in a data file */
    TD_STREAM_EPOCH = 3,      /* index = row, block = epoch: the row's place in its shard */
    TD_STREAM_SAMPLE = 4,     /* index = row: whether an evaluation takes it */
    TD_STREAM_TIES = 5,       /* index = item: the order of equal scores in lists */
    TD_STREAM_BOOTSTRAP = 6,  /* index = user, block = four resamples: how often they have it */
    TD_STREAM_RUNS = 7,       /* index = resample, block = side and four draws: runs that it has */
    TD_STREAM_NEGATIVES = 8,  /* index = step, block = draw: a uniform negative of the step */
    TD_STREAM_ITEM_SPLIT = 9, /* index = item: for training, or held out with all its rows */
    TD_STREAM_SYNTH = 16      /* and the 16 above: generated data */
} td_stream;

typedef struct {
    uint32_t word[4];
} td_random;

/* Returns 128 random bits. */
td_random td_philox(uint64_t seed, uint32_t stream, uint64_t index, uint32_t block);

/* Returns the first 64 of them, the keys that rows are sorted by. */
uint64_t td_philox_key(uint64_t seed, uint32_t stream, uint64_t index, uint32_t block);

/* Returns word as a number in [0, 1): its upper 24 bits, exact in a float. */
float td_uniform(uint32_t word);

/* Returns the stream of a named tensor: FNV-1a of the name with the top bit set. */
uint32_t td_stream_of_name(const char *name);

#endif
