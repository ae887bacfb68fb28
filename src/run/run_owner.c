/* The heartbeat, and the judgement of other owners. */
#include "run/run_owner.h"

#include "base/log.h"
#include "base/memory.h"
#include "run/owner_succession.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEAT_SECONDS = 3, TRIES = 100 };

struct td_run_owner {
    td_succession succession;
    int watch_seconds;
    bool beats; /* the thread is there, and so lock and wake */
    bool ends;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool lost;
};

static td_status fail_lost(const td_run_owner *owner, const td_owner_record *record)
{
    char words[TD_OWNER_WORDS] = "nobody: its record is gone";
    if (record)
        td_owner_record_describe(record, words);
    return td_fail(TD_ERR_MISMATCH,
                   "%s is no longer this job's; it belongs to %s. Nothing more is written",
                   owner->succession.run, words);
}

td_status td_run_owner_check(void *context)
{
    td_run_owner *owner = context;
    td_owner_record record;
    bool there, ours;
    if (!owner)
        return TD_OK;
    TD_TRY(td_succession_look(&owner->succession, &record, &there, &ours));
    if (ours)
        return TD_OK;
    atomic_store(&owner->lost, true);
    return fail_lost(owner, there ? &record : NULL);
}

td_status td_run_owner_recall(td_run_owner *owner)
{
    return owner && atomic_load(&owner->lost) ? td_run_owner_check(owner) : TD_OK;
}

static void *beat_until_the_end(void *context)
{
    td_run_owner *owner = context;
    struct timespec until;
    pthread_mutex_lock(&owner->lock);
    while (!owner->ends) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += BEAT_SECONDS;
        while (!owner->ends &&
               pthread_cond_timedwait(&owner->wake, &owner->lock, &until) != ETIMEDOUT)
            ;
        if (owner->ends)
            break;
        pthread_mutex_unlock(&owner->lock);
        futimens(owner->succession.descriptor, NULL); /* a beat that fails is one that was missed */
        (void)td_run_owner_check(owner); /* remembers what it finds; the message is this thread's */
        pthread_mutex_lock(&owner->lock);
    }
    pthread_mutex_unlock(&owner->lock);
    return NULL;
}

/* The thread takes no signals, which are for those who train. */
static td_status start_beating(td_run_owner *owner)
{
    pthread_condattr_t clock;
    sigset_t all, before;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&owner->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&owner->lock, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int reason = pthread_create(&owner->thread, NULL, beat_until_the_end, owner);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    owner->beats = reason == 0;
    return reason == 0
               ? TD_OK
               : td_fail(TD_ERR_FILE, "cannot start the owner's heartbeat: %s", strerror(reason));
}

static void stop_beating(td_run_owner *owner)
{
    if (!owner->beats)
        return;
    pthread_mutex_lock(&owner->lock);
    owner->ends = true;
    pthread_cond_signal(&owner->wake);
    pthread_mutex_unlock(&owner->lock);
    pthread_join(owner->thread, NULL);
    pthread_mutex_destroy(&owner->lock);
    pthread_cond_destroy(&owner->wake);
}

/* Watches a heart that cannot be asked; *lives is false if it stood still all the time. */
static td_status watch(const char *path, const td_owner_record *record, int seconds, bool *lives)
{
    char words[TD_OWNER_WORDS];
    td_owner_record now;
    struct timespec first, beat;
    bool there;
    td_owner_record_describe(record, words);
    td_log("%s names %s; watching for %d seconds whether it lives", path, words, seconds);
    TD_TRY(td_owner_record_read(path, &now, &first, &there));
    *lives = false;
    for (int second = 0; second < seconds && there && !*lives; second++) {
        sleep(1);
        TD_TRY(td_owner_record_read(path, &now, &beat, &there));
        *lives = there && (beat.tv_sec != first.tv_sec || beat.tv_nsec != first.tv_nsec ||
                           strcmp(now.nonce, record->nonce) != 0);
    }
    return TD_OK;
}

/* Refuses the run of one who lives; whoever is gone may be followed. */
static td_status refuse_if_it_lives(void *context, const char *path, int depth,
                                    const td_owner_record *record, bool *may_follow)
{
    const td_run_owner *owner = context;
    const td_succession *s = &owner->succession;
    char words[TD_OWNER_WORDS];
    (void)depth;
    const td_owner_life life = td_owner_record_life(record, &s->record);
    bool lives = life == TD_OWNER_LIVES;
    if (life == TD_OWNER_UNKNOWN)
        TD_TRY(watch(path, record, owner->watch_seconds, &lives));
    *may_follow = !lives;
    if (!lives)
        return TD_OK;
    td_owner_record_describe(record, words);
    return td_fail(TD_ERR_MISMATCH,
                   "%s is being trained by another job: %s. Wait for its end, or choose another "
                   "--run",
                   s->run, words);
}

static td_status try_to_take(td_run_owner *owner)
{
    td_owner_record old;
    bool followed;
    TD_TRY(td_succession_try(&owner->succession, refuse_if_it_lives, owner, &old, &followed));
    if (followed) {
        char words[TD_OWNER_WORDS];
        td_owner_record_describe(&old, words);
        td_log("%s: taking over from an owner that is gone: %s", owner->succession.run, words);
    }
    return TD_OK;
}

static td_status take(td_run_owner *owner, const char *run)
{
    TD_TRY(td_succession_begin(run, "owner.json", &owner->succession));
    for (int i = 0; i < TRIES && !owner->succession.owns; i++)
        TD_TRY(try_to_take(owner));
    if (owner->succession.owns)
        return start_beating(owner);
    return td_fail(TD_ERR_MISMATCH, "%s: other jobs take the run and leave it again all the time",
                   run);
}

void td_run_owner_release(td_run_owner *owner)
{
    if (!owner)
        return;
    stop_beating(owner);
    td_succession_end(&owner->succession);
    td_free(owner);
}

td_status td_run_owner_take(const char *run, int watch_seconds, td_run_owner **out)
{
    td_run_owner *owner = TD_NEW(td_run_owner, 1);
    owner->watch_seconds = watch_seconds;
    atomic_init(&owner->lost, false);
    const td_status status = take(owner, run);
    if (status == TD_OK)
        *out = owner;
    else
        td_run_owner_release(owner);
    return status;
}
