/* The heartbeat, and the judgement of other owners. */
#include "run/run_owner.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "run/owner_succession.h"
#include "tandem/signals.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEAT_SECONDS = 3, TRIES = 100 };

struct td_run_owner {
    td_succession succession;
    int watch_seconds;
    td_ticker *heart;
    atomic_bool lost;
};

const char *td_run_owner_nonce(const td_run_owner *owner)
{
    return owner->succession.record.nonce;
}

/* A network file system remembers for a while what was not there, until the folder is opened anew.
 */
static void look_again(const char *run)
{
    DIR *folder = opendir(run);
    if (folder)
        closedir(folder);
}

td_status td_run_owner_see(const char *run, const char *nonce)
{
    enum { LOOKS = 30 };
    const struct timespec pause = {0, 100000000};
    const td_path path = td_run_file(run, "owner.json");
    for (int look = 0; look < LOOKS; look++) {
        td_owner_record record;
        struct timespec beat;
        bool there;
        if (look > 0)
            nanosleep(&pause, NULL);
        look_again(run);
        TD_TRY(td_owner_record_read(path.path, &record, &beat, &there));
        if (there && strcmp(record.nonce, nonce) == 0)
            return TD_OK;
    }
    return td_fail(TD_ERR_FILE, "%s is not rank 0's, or is not there", path.path);
}

td_status td_run_owner_check(void *context)
{
    td_run_owner *owner = context;
    if (!owner)
        return TD_OK;
    const td_status status = td_succession_check(&owner->succession, owner->succession.run);
    if (status != TD_ERR_MISMATCH)
        return status;
    atomic_store(&owner->lost, true);
    return td_fail(status, "%s. Nothing more is written", td_message());
}

td_status td_run_owner_recall(td_run_owner *owner)
{
    return owner && atomic_load(&owner->lost) ? td_run_owner_check(owner) : TD_OK;
}

static void beat(void *context)
{
    td_run_owner *owner = context;
    futimens(owner->succession.descriptor, NULL); /* a beat that fails is one that was missed */
    (void)td_run_owner_check(owner); /* remembers what it finds; the message is this thread's */
}

/* A signal that ends the job ends it while nothing has begun; one that asks for a checkpoint is
 * heeded after the first step. */
static void end_if_asked(const char *path, const char *temporary)
{
    const int number = td_signals_end(td_signals_pending() & ~(unsigned)TD_SIGNAL_REQUEUE);
    if (number == 0)
        return;
    td_log("stopped by SIG%s while %s was watched", sigabbrev_np(number), path);
    unlink(temporary);
    td_signals_stop();
    signal(number, SIG_DFL);
    raise(number);
}

/* Watches a heart that cannot be asked; *lives is false if it stood still all the time. */
static td_status watch(const char *path, const char *temporary, const td_owner_record *record,
                       int seconds, bool *lives)
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
        end_if_asked(path, temporary);
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
        TD_TRY(watch(path, s->temporary.path, record, owner->watch_seconds, &lives));
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
        return td_ticker_start("the owner's heartbeat", BEAT_SECONDS, beat, owner, &owner->heart);
    return td_fail(TD_ERR_MISMATCH, "%s: other jobs take the run and leave it again all the time",
                   run);
}

void td_run_owner_release(td_run_owner *owner)
{
    if (!owner)
        return;
    td_ticker_stop(owner->heart);
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
