/* Generated ratings with the properties of real ones, for tests, benchmarks and first steps.
 *
 * Popularity of items and activity of users are skewed, users have tastes that show in what they
 * pick and how they rate it, they come for a short while each, what is popular changes with time,
 * and titles are words that tell something of the taste. The numbers of users, items and ratings
 * and the seed decide every byte, on every machine and compiler. No user rates an item twice.
 */
#ifndef TANDEM_SYNTH_H
#define TANDEM_SYNTH_H

#include "tandem/comm.h"
#include "tandem/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t users;   /* 1 .. 2^31 - 2; each has a rating at least */
    int64_t items;   /* 2 .. 2^26 */
    int64_t ratings; /* users .. users * items / 2 */
    uint64_t seed;
} td_synth_options;

/* Local. Sets the size of MovieLens 100K: 943 users, 1,682 items, 100,000 ratings; seed 1. */
void td_synth_defaults(td_synth_options *options);

/* Local. Tells whether the sizes are in range and fit each other; if not, TD_ERR_USAGE. */
td_status td_synth_check(const td_synth_options *options);

/* Collective over comm; rank 0 does the work. Writes folder/movies.csv, folder/ratings.csv and
 * folder/synth.txt (what made them) in the layout of the newer MovieLens sets, making the folder
 * if its parent exists. The files appear whole or not at all, ratings.csv last. Data that synth
 * wrote before are replaced; ratings or movies without a synth.txt are somebody's own, and
 * TD_ERR_FILE. Memory grows with the items, never with users or ratings. */
td_status td_synth(td_comm *comm, const td_synth_options *options, const char *folder);

#ifdef __cplusplus
}
#endif

#endif
