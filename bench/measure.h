/* How long pieces of work take beside one another. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

typedef struct {
    void (*run)(void *data);
    void *data;
    double seconds; /* of the fastest round, per call */
} bench_work;

/* Local. Runs n pieces of work in turns, in rounds of some milliseconds each, and sets their
 * seconds in this thread's processor time: what else the machine does takes caches, but does not
 * count. */
void bench_measure(size_t n, bench_work *works);

/* Local. count floats that are neither all alike nor large, the same in each call; the caller frees
 * them with td_free. */
float *bench_floats(size_t count);

#endif
