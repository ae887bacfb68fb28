/* Alternating rounds, the best of each. */
#include "measure.h"

#include "base/memory.h"

#include <math.h>
#include <time.h>

enum { ROUNDS = 15 };

static const double round_seconds = 4e-3;

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double seconds_of(const bench_work *work, size_t calls)
{
    const double begin = thread_seconds();
    for (size_t i = 0; i < calls; i++)
        work->run(work->data);
    return thread_seconds() - begin;
}

/* Calls that make a round; this warms caches, too. */
static size_t calls_of(const bench_work *work)
{
    size_t calls = 1;
    double seconds = seconds_of(work, calls);
    while (seconds < round_seconds / 4) {
        calls *= 2;
        seconds = seconds_of(work, calls);
    }
    const double wanted = ceil((double)calls * round_seconds / seconds);
    return wanted > 1 ? (size_t)wanted : 1;
}

static void measure_round(bench_work *work, size_t calls)
{
    const double seconds = seconds_of(work, calls) / (double)calls;
    if (seconds < work->seconds)
        work->seconds = seconds;
}

void bench_measure(size_t n, bench_work *works)
{
    size_t *calls = TD_NEW(size_t, n);
    for (size_t i = 0; i < n; i++) {
        calls[i] = calls_of(&works[i]);
        works[i].seconds = INFINITY;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            measure_round(&works[i], calls[i]);
    td_free(calls);
}

float *bench_floats(size_t count)
{
    float *x = TD_NEW(float, count);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(i * 2654435761U % 1024) / 1024 - 0.5F;
    return x;
}
