/* For tests/chaos: a wall clock that jumps by hours, back and forth, each time it is read or given
 * to a file. Loaded by LD_PRELOAD. The monotonic clock goes on as ever. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

enum { HOUR = 3600 };

/* POSIX, but not ISO C, lets an object's address become a function's. */
#define NEXT(name, ...) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

static time_t next_jump(void)
{
    static atomic_uint calls;
    static const time_t jumps[] = {0, 5 * HOUR, -3 * HOUR, 26 * HOUR, -100 * HOUR};
    return jumps[calls++ % (sizeof jumps / sizeof *jumps)];
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int status = NEXT(clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += next_jump();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    const int status = NEXT(gettimeofday, now, zone);
    now->tv_sec += next_jump();
    return status;
}

time_t time(time_t *now)
{
    struct timespec jumped;
    clock_gettime(CLOCK_REALTIME, &jumped);
    if (now)
        *now = jumped.tv_sec;
    return jumped.tv_sec;
}

int futimens(int descriptor, const struct timespec times[2])
{
    struct timespec jumped[2];
    clock_gettime(CLOCK_REALTIME, &jumped[0]);
    jumped[1] = jumped[0];
    return NEXT(futimens, descriptor, times ? times : jumped);
}
