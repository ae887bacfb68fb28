/* Files are touched by one thread, the clock is watched by another: a file system that hangs takes
 * the first along, and the second notices. */
#include "run/watchdog.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLOT_BYTES = 160, LAST_BEAT = -1 };

struct td_watchdog {
    td_comm *comm;
    char path[PATH_MAX];
    double seconds;
    double period;  /* between heartbeats */
    double changed; /* when this rank last made progress */
    double looked;  /* when it last asked itself */
    td_comm_activity last;
    td_ticker *writer;
    td_ticker *watcher;
    pthread_mutex_t slot;  /* of this rank's slot in the file */
    pthread_mutex_t mutex; /* of what follows */
    int64_t beat;
    double exchanged;    /* when the writer last came back from the file */
    td_heartbeat *beats; /* of every rank */
    double *heard;       /* when each of them last changed */
};

/* A larger number is further on: inside collective n is before its end, and after the end of the
 * one before it. */
static uint64_t progress_of(td_comm_activity a)
{
    return 2 * a.collectives - a.inside;
}

bool td_heartbeat_is_late(const td_heartbeat *beats, const bool *silent, int ranks, int rank)
{
    uint64_t least = UINT64_MAX;
    bool any_silent = false;
    for (int r = 0; r < ranks; r++) {
        const uint64_t progress = progress_of(beats[r].comm);
        least = progress < least ? progress : least;
        any_silent = any_silent || silent[r];
    }
    return any_silent ? silent[rank] : progress_of(beats[rank].comm) == least;
}

static int write_slot(const td_watchdog *w, int64_t beat)
{
    char slot[SLOT_BYTES + 1];
    const int rank = td_comm_rank(w->comm);
    const td_comm_activity a = td_comm_activity_of(w->comm);
    int length = snprintf(slot, sizeof slot, "%" PRId64 " %" PRId64 " %" PRIu64 " %d %.63s", beat,
                          td_log_step(), a.collectives, a.inside, td_comm_host(w->comm));
    memset(slot + length, ' ', (size_t)(SLOT_BYTES - length));
    slot[SLOT_BYTES - 1] = '\n';
    const int file = open(w->path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    const bool whole = pwrite(file, slot, SLOT_BYTES, (off_t)rank * SLOT_BYTES) == SLOT_BYTES;
    return close(file) == 0 && whole ? 0 : -1;
}

/* A slot that is being written may be half of each text: then the last one stands. */
static void read_slot(const char *slot, td_heartbeat *beat)
{
    td_heartbeat found = {0};
    int inside;
    if (sscanf(slot, "%" SCNd64 " %" SCNd64 " %" SCNu64 " %d %63s", &found.beat, &found.step,
               &found.comm.collectives, &inside, found.host) != 5)
        return;
    found.comm.inside = inside != 0;
    *beat = found;
}

/* Opened anew each time: a network file system shows what others wrote to who opens. */
static void read_slots(td_watchdog *w)
{
    const int file = open(w->path, O_RDONLY | O_CLOEXEC);
    for (int r = 0; file >= 0 && r < td_comm_size(w->comm); r++) {
        char slot[SLOT_BYTES + 1] = "";
        if (pread(file, slot, SLOT_BYTES, (off_t)r * SLOT_BYTES) != SLOT_BYTES)
            continue;
        pthread_mutex_lock(&w->mutex);
        const int64_t before = w->beats[r].beat;
        read_slot(slot, &w->beats[r]);
        if (w->beats[r].beat != before)
            w->heard[r] = td_seconds();
        pthread_mutex_unlock(&w->mutex);
    }
    if (file >= 0)
        close(file);
}

static void exchange(void *watchdog)
{
    td_watchdog *w = watchdog;
    pthread_mutex_lock(&w->slot);
    const bool written = write_slot(w, w->beat + 1) == 0;
    pthread_mutex_unlock(&w->slot);
    read_slots(w);
    pthread_mutex_lock(&w->mutex);
    w->beat++;
    if (written)
        w->exchanged = td_seconds();
    pthread_mutex_unlock(&w->mutex);
}

/* "rank 3 on node7 (at step 120, in collective 4711)" for each that is late. */
static void name_late(const td_watchdog *w, const bool *silent, size_t bytes, char *text)
{
    for (int r = 0; r < td_comm_size(w->comm); r++) {
        char one[256];
        const td_heartbeat *b = &w->beats[r];
        if (!td_heartbeat_is_late(w->beats, silent, td_comm_size(w->comm), r))
            continue;
        snprintf(one, sizeof one,
                 "%srank %d on %s is late: at step %" PRId64 ", %s collective %" PRIu64 "%s",
                 *text ? "; " : "", r, b->host, b->step, b->comm.inside ? "inside" : "after",
                 b->comm.collectives, silent[r] ? ", without a heartbeat" : "");
        strncat(text, one, bytes - strlen(text) - 1);
    }
}

/* Whether a rank has given its verdict. */
static bool is_over(const td_watchdog *w)
{
    for (int r = 0; r < td_comm_size(w->comm); r++)
        if (w->beats[r].beat == LAST_BEAT)
            return true;
    return false;
}

/* The launcher ends the others, or they read of it: no heartbeat may come after the last one. */
static _Noreturn void end(td_watchdog *w, bool deaf)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (!deaf && pthread_mutex_timedlock(&w->slot, &until) == 0)
        write_slot(w, LAST_BEAT);
    _exit(1);
}

/* The verdict of the lowest rank whose heart beats; another rank leaves it to that one. */
static void judge(td_watchdog *w, double now)
{
    char late[1024] = "";
    const int ranks = td_comm_size(w->comm);
    bool *silent = TD_NEW(bool, (size_t)ranks);
    for (int r = 0; r < ranks; r++)
        silent[r] = now - w->heard[r] > w->seconds / 2;
    int speaker = 0;
    while (speaker < ranks - 1 && silent[speaker])
        speaker++;
    const bool deaf = now - w->exchanged > w->seconds / 2;
    if (speaker == td_comm_rank(w->comm) || deaf) {
        name_late(w, silent, sizeof late, late);
        td_last_words("no progress for %.0f seconds (train.watchdog_seconds): %s", w->seconds,
                      deaf ? "and the heartbeats' file cannot be reached: is its file system stuck?"
                           : late);
        end(w, deaf);
    }
    td_free(silent);
}

/* Counts from now on: a process that was itself stopped has heard and done nothing meanwhile. A
 * launcher that ends a job lets stopped ranks go on first. */
static void begin_to_count(td_watchdog *w, double now)
{
    w->changed = w->exchanged = now;
    for (int r = 0; r < td_comm_size(w->comm); r++)
        w->heard[r] = now;
}

static void look(void *watchdog)
{
    td_watchdog *w = watchdog;
    const double now = td_seconds();
    const td_comm_activity mine = td_comm_activity_of(w->comm);
    if (progress_of(mine) != progress_of(w->last)) {
        w->last = mine;
        w->changed = now;
    }
    pthread_mutex_lock(&w->mutex);
    if (now - w->looked > w->seconds / 2)
        begin_to_count(w, now);
    w->looked = now;
    if (is_over(w))
        _exit(1);
    if (now - w->changed > w->seconds)
        judge(w, now);
    pthread_mutex_unlock(&w->mutex);
}

static td_status make_file(const td_watchdog *w)
{
    const int file = open(w->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || close(file) != 0)
        return td_fail(TD_ERR_FILE, "%s cannot be made: %s", w->path, strerror(errno));
    return TD_OK;
}

static void start_threads(td_watchdog *w)
{
    const char *const what = "a thread for train.watchdog_seconds";
    if (td_ticker_start(what, w->period, exchange, w, &w->writer) != TD_OK ||
        td_ticker_start(what, w->period, look, w, &w->watcher) != TD_OK)
        td_abort("%s", td_message());
}

static td_watchdog *create(td_comm *comm, const char *path, double seconds)
{
    td_watchdog *w = TD_NEW(td_watchdog, 1);
    const size_t ranks = (size_t)td_comm_size(comm);
    w->comm = comm;
    w->seconds = seconds;
    w->period = seconds / 8 < 1 ? seconds / 8 : 1;
    w->beats = TD_NEW(td_heartbeat, ranks);
    w->heard = TD_NEW(double, ranks);
    begin_to_count(w, w->looked = td_seconds());
    snprintf(w->path, sizeof w->path, "%s", path);
    pthread_mutex_init(&w->slot, NULL);
    pthread_mutex_init(&w->mutex, NULL);
    return w;
}

static void destroy(td_watchdog *w)
{
    pthread_mutex_destroy(&w->slot);
    pthread_mutex_destroy(&w->mutex);
    td_free(w->beats);
    td_free(w->heard);
    td_free(w);
}

td_status td_watchdog_start(td_comm *comm, const char *path, double seconds, td_watchdog **watchdog)
{
    *watchdog = NULL;
    if (seconds == 0)
        return TD_OK;
    td_watchdog *w = create(comm, path, seconds);
    td_status status = td_comm_agree(comm, td_comm_rank(comm) == 0 ? make_file(w) : TD_OK);
    if (status == TD_OK)
        status = td_comm_agree(
            comm, write_slot(w, w->beat = 1) == 0
                      ? TD_OK
                      : td_fail(TD_ERR_FILE, "%s cannot be written: %s", w->path, strerror(errno)));
    if (status != TD_OK) {
        destroy(w);
        return status;
    }
    start_threads(w);
    *watchdog = w;
    return TD_OK;
}

void td_watchdog_stop(td_watchdog *w)
{
    if (!w)
        return;
    td_ticker_stop(w->watcher); /* first: it would judge a writer that takes long to end */
    td_ticker_stop(w->writer);
    td_comm_barrier(w->comm);
    if (td_comm_rank(w->comm) == 0)
        unlink(w->path);
    td_comm_barrier(w->comm); /* who comes back finds no file */
    destroy(w);
}
