/* Open MPI waits by asking again and again, and where it may yield it calls sched_yield between two
 * questions. A process that only yields is always ready to run: with more of them than cores, those
 * that work wait for those that wait. So this program has a sched_yield of its own, which libmpi
 * finds first: it yields while a wait is young, which costs a core that nobody else wants no time,
 * then it sleeps. */
#include "waiting.h"

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* In nanoseconds. Waits of a step end within YOUNG where every rank has a core; between two calls
 * of one wait is less than APART. A sleep is an eighth of the wait so far, between SHORT and LONG:
 * it lengthens the wait by no more, and ranks that wait long hardly run. */
enum { YOUNG = 100000, APART = 20000, SHORT = 20000, LONG = 1000000, SLACK = 1000 };

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t pause_after(int64_t waited)
{
    const int64_t pause = waited / 8;
    return pause < SHORT ? SHORT : pause > LONG ? LONG : pause;
}

int sched_yield(void)
{
    static _Thread_local int64_t begun, left;
    const int64_t called = clock_now();
    if (left == 0) /* the kernel would round sleeps up to 50 microseconds */
        prctl(PR_SET_TIMERSLACK, SLACK);
    if (called - left > APART)
        begun = called;
    if (called - begun < YOUNG) {
        syscall(SYS_sched_yield);
    } else {
        const struct timespec pause = {0, pause_after(called - begun)};
        nanosleep(&pause, NULL);
    }
    left = clock_now();
    return 0;
}

void waiting_start(void)
{
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
}
