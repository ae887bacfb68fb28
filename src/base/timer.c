/* The monotonic clock, and a condition that is waited for with a time limit. */
#include "base/timer.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

double td_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct td_ticker {
    double seconds;
    void (*tick)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t ends;
    bool ended;
};

/* Waits for the next tick; whether there is to be one. */
static bool wait_for_next(td_ticker *t)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const double end = (double)until.tv_nsec * 1e-9 + t->seconds;
    until.tv_sec += (time_t)end;
    until.tv_nsec = (long)((end - (double)(time_t)end) * 1e9);
    pthread_mutex_lock(&t->mutex);
    while (!t->ended && pthread_cond_timedwait(&t->ends, &t->mutex, &until) != ETIMEDOUT)
        ;
    const bool goes_on = !t->ended;
    pthread_mutex_unlock(&t->mutex);
    return goes_on;
}

static void *run(void *ticker)
{
    td_ticker *t = ticker;
    while (wait_for_next(t))
        t->tick(t->context);
    return NULL;
}

static void release(td_ticker *t)
{
    pthread_mutex_destroy(&t->mutex);
    pthread_cond_destroy(&t->ends);
    td_free(t);
}

td_status td_ticker_start(const char *what, double seconds, void (*tick)(void *context),
                          void *context, td_ticker **out)
{
    td_ticker *t = TD_NEW(td_ticker, 1);
    pthread_condattr_t clock;
    sigset_t all, before;
    t->seconds = seconds;
    t->tick = tick;
    t->context = context;
    pthread_mutex_init(&t->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&t->ends, &clock);
    pthread_condattr_destroy(&clock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int reason = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason == 0) {
        *out = t;
        return TD_OK;
    }
    release(t);
    return td_fail(TD_ERR_FILE, "cannot start %s: %s", what, strerror(reason));
}

void td_ticker_stop(td_ticker *ticker)
{
    if (!ticker)
        return;
    pthread_mutex_lock(&ticker->mutex);
    ticker->ended = true;
    pthread_cond_signal(&ticker->ends);
    pthread_mutex_unlock(&ticker->mutex);
    pthread_join(ticker->thread, NULL);
    release(ticker);
}
