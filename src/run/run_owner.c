/* Making, watching, taking over and giving back the record.
 *
 * Who takes over a record must first make the file .owner.json.after-NONCE, of the nonce of the
 * record that it follows: the succession to each record is given once, and to one. That file is
 * the successor's own record, so that one who dies before it is done can be followed as well. */
#include "run/run_owner.h"

#include "base/log.h"
#include "base/memory.h"
#include "run/owner_record.h"
#include "run/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEAT_SECONDS = 3, TRIES = 100, DEPTH = 16 };

struct td_run_owner {
    char *run;
    td_path path;      /* owner.json */
    td_path temporary; /* where the record is written */
    td_owner_record record;
    int descriptor; /* of the record's file, whatever its name: only our own heart is renewed */
    bool owns;
    int watch_seconds;
    bool beats; /* the thread is there, and so lock and wake */
    bool ends;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool lost;
};

static td_path path_after(const td_run_owner *owner, const char *nonce)
{
    char name[64];
    snprintf(name, sizeof name, ".owner.json.after-%s", nonce);
    return td_run_file(owner->run, name);
}

static td_status fail_lost(const td_run_owner *owner, const td_owner_record *record)
{
    char words[TD_OWNER_WORDS] = "nobody: its record is gone";
    if (record)
        td_owner_record_describe(record, words);
    return td_fail(TD_ERR_MISMATCH,
                   "%s is no longer this job's; it belongs to %s. Nothing more is written",
                   owner->run, words);
}

td_status td_run_owner_check(void *context)
{
    td_run_owner *owner = context;
    td_owner_record record;
    struct timespec beat;
    bool there;
    if (!owner)
        return TD_OK;
    TD_TRY(td_owner_record_read(owner->path.path, &record, &beat, &there));
    if (there && strcmp(record.nonce, owner->record.nonce) == 0)
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
        futimens(owner->descriptor, NULL); /* a beat that fails is one that was missed */
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

/* Makes name a second name of our record. Sets *made; false if the name is taken. An NFS server
 * whose answer was lost says EEXIST of a link that it made, but the file then has one more name. */
static td_status link_record(const td_run_owner *owner, const char *name, nlink_t names, bool *made)
{
    struct stat about;
    *made = link(owner->temporary.path, name) == 0;
    if (*made)
        return TD_OK;
    const int reason = errno;
    if (fstat(owner->descriptor, &about) == 0 && about.st_nlink > names)
        *made = true;
    else if (reason != EEXIST && reason != ENOENT) /* ENOENT: an owner took ours for a leftover */
        return td_fail(TD_ERR_FILE, "cannot make %s: %s", name, strerror(reason));
    return TD_OK;
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

static td_status refuse_if_it_lives(const td_run_owner *owner, const char *path,
                                    const td_owner_record *record)
{
    char words[TD_OWNER_WORDS];
    const td_owner_life life = td_owner_record_life(record, &owner->record);
    bool lives = life == TD_OWNER_LIVES;
    if (life == TD_OWNER_UNKNOWN)
        TD_TRY(watch(path, record, owner->watch_seconds, &lives));
    if (!lives)
        return TD_OK;
    td_owner_record_describe(record, words);
    return td_fail(TD_ERR_MISMATCH,
                   "%s is being trained by another job: %s. Wait for its end, or choose another "
                   "--run",
                   owner->run, words);
}

/* Puts our record in the place of the one with this nonce, whose succession is ours. It may be
 * gone, or another's, if we were slow; then nothing is done and all begins again. */
static td_status replace_record(const td_run_owner *owner, const td_owner_record *old, bool *taken)
{
    td_owner_record now;
    struct timespec beat;
    bool there;
    TD_TRY(td_owner_record_read(owner->path.path, &now, &beat, &there));
    if (!there || strcmp(now.nonce, old->nonce) != 0)
        return TD_OK;
    if (rename(owner->temporary.path, owner->path.path) != 0)
        return td_fail(TD_ERR_FILE, "cannot take over %s: %s", owner->path.path, strerror(errno));
    *taken = true;
    return TD_OK;
}

/* Goes from a record left behind along its successors to the first that is missing, and becomes
 * that one. Every one on the way must be gone. */
static td_status follow(const td_run_owner *owner, const td_owner_record *old, bool *taken)
{
    td_path claim[DEPTH], at = owner->path;
    td_owner_record record = *old;
    struct timespec beat;
    bool there = true, made = false;
    int depth = 0;
    while (there && depth < DEPTH) {
        TD_TRY(refuse_if_it_lives(owner, at.path, &record));
        at = claim[depth++] = path_after(owner, record.nonce);
        TD_TRY(td_owner_record_read(at.path, &record, &beat, &there));
    }
    if (there)
        return TD_OK;
    TD_TRY(link_record(owner, at.path, 1, &made));
    if (!made)
        return TD_OK; /* another was quicker: look again */
    td_status status = replace_record(owner, old, taken);
    for (int i = *taken ? 0 : depth - 1; i < depth; i++)
        unlink(claim[i].path);
    return status;
}

static td_status try_to_take(const td_run_owner *owner, bool *taken)
{
    td_owner_record old;
    struct timespec beat;
    bool there;
    TD_TRY(link_record(owner, owner->path.path, 1, taken));
    if (*taken) {
        unlink(owner->temporary.path);
        return TD_OK;
    }
    TD_TRY(td_owner_record_read(owner->path.path, &old, &beat, &there));
    if (!there)
        return TD_OK;
    TD_TRY(follow(owner, &old, taken));
    if (*taken) {
        char words[TD_OWNER_WORDS];
        td_owner_record_describe(&old, words);
        td_log("%s: taking over from an owner that is gone: %s", owner->run, words);
    }
    return TD_OK;
}

static td_status write_record(td_run_owner *owner)
{
    char name[96];
    TD_TRY(td_owner_record_mine(&owner->record));
    snprintf(name, sizeof name, ".owner.json.tmp-%ld-%s", (long)getpid(), owner->record.nonce);
    owner->temporary = td_run_file(owner->run, name);
    owner->descriptor = open(owner->temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const int reason =
        owner->descriptor < 0 ? errno : td_owner_record_write(&owner->record, owner->descriptor);
    if (reason == 0)
        return TD_OK;
    return td_fail(TD_ERR_FILE, "cannot write %s: %s", owner->temporary.path, strerror(reason));
}

/* Removes what successors left that died before they were done. */
static void remove_remains(const td_run_owner *owner)
{
    static const char prefix[] = ".owner.json.after-";
    DIR *directory = opendir(owner->run);
    if (!directory)
        return;
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        td_owner_record record;
        struct timespec beat;
        bool there;
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        const td_path path = td_run_file(owner->run, entry->d_name);
        if (td_owner_record_read(path.path, &record, &beat, &there) == TD_OK && there &&
            td_owner_record_life(&record, &owner->record) == TD_OWNER_GONE)
            unlink(path.path);
    }
    closedir(directory);
}

static td_status take(td_run_owner *owner)
{
    bool taken = false;
    TD_TRY(write_record(owner));
    for (int i = 0; i < TRIES && !taken; i++)
        TD_TRY(try_to_take(owner, &taken));
    if (!taken)
        return td_fail(TD_ERR_MISMATCH,
                       "%s: other jobs take the run and leave it again all the "
                       "time",
                       owner->run);
    owner->owns = true;
    remove_remains(owner);
    return start_beating(owner);
}

/* Nobody follows a record whose succession its owner took itself: what is removed is then ours. */
static void give_back(td_run_owner *owner)
{
    const td_path claim = path_after(owner, owner->record.nonce);
    if (link(owner->path.path, claim.path) != 0)
        return;
    if (td_run_owner_check(owner) == TD_OK)
        unlink(owner->path.path);
    unlink(claim.path);
}

void td_run_owner_release(td_run_owner *owner)
{
    if (!owner)
        return;
    char *message = td_copy_text(td_message()); /* of what ended the run: it is still to be told */
    stop_beating(owner);
    if (owner->owns)
        give_back(owner);
    else if (owner->descriptor >= 0)
        unlink(owner->temporary.path);
    if (owner->descriptor >= 0)
        close(owner->descriptor);
    td_record_message("%s", message);
    td_free(message);
    td_free(owner->run);
    td_free(owner);
}

td_status td_run_owner_take(const char *run, int watch_seconds, td_run_owner **out)
{
    td_run_owner *owner = TD_NEW(td_run_owner, 1);
    owner->run = td_copy_text(run);
    owner->path = td_run_file(run, "owner.json");
    owner->watch_seconds = watch_seconds;
    owner->descriptor = -1;
    atomic_init(&owner->lost, false);
    const td_status status = take(owner);
    if (status == TD_OK)
        *out = owner;
    else
        td_run_owner_release(owner);
    return status;
}
