/* Waiting for others, and what they have had of their turn. */
#include "run/run_lock.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/timer.h"
#include "run/owner_succession.h"

#include <string.h>
#include <time.h>

enum { PAUSE_MILLISECONDS = 10, ANNOUNCED_SECONDS = 1 };

/* A record that stands in the way, and since when by this process's clock. */
typedef struct {
    char nonce[sizeof((td_owner_record *)NULL)->nonce];
    double since;
} sighting;

struct td_run_lock {
    td_succession succession;
    int hold_seconds;
    sighting seen[TD_SUCCESSION_DEPTH];
    bool is_announced; /* that this job waits */
};

/* How long this record has been in the way. */
static double seconds_in_the_way(td_run_lock *lock, int depth, const td_owner_record *record)
{
    sighting *seen = &lock->seen[depth];
    if (strcmp(seen->nonce, record->nonce) != 0) {
        memcpy(seen->nonce, record->nonce, sizeof seen->nonce);
        seen->since = td_seconds();
    }
    return td_seconds() - seen->since;
}

static td_status pass_over_if_overdue(void *context, const char *path, int depth,
                                      const td_owner_record *record, bool *may_follow)
{
    td_run_lock *lock = context;
    char words[TD_OWNER_WORDS];
    *may_follow = td_owner_record_life(record, &lock->succession.record) == TD_OWNER_GONE;
    if (*may_follow)
        return TD_OK;
    const double seconds = seconds_in_the_way(lock, depth, record);
    td_owner_record_describe(record, words);
    *may_follow = seconds >= lock->hold_seconds;
    if (*may_follow)
        td_log("%s: passing over %s, which has had its turn for %d seconds", path, words,
               lock->hold_seconds);
    else if (seconds >= ANNOUNCED_SECONDS && !lock->is_announced) {
        td_log("%s: waiting for %s, which has its turn", path, words);
        lock->is_announced = true;
    }
    return TD_OK;
}

td_status td_run_lock_try(td_run_lock *lock, bool *taken)
{
    td_owner_record old;
    bool followed;
    const struct timespec pause = {0, PAUSE_MILLISECONDS * 1000000L};
    TD_TRY(td_succession_try(&lock->succession, pass_over_if_overdue, lock, &old, &followed));
    *taken = lock->succession.owns;
    if (!*taken)
        nanosleep(&pause, NULL);
    return TD_OK;
}

td_status td_run_lock_check(void *context)
{
    const td_run_lock *lock = context;
    return td_succession_check(&lock->succession, lock->succession.path.path);
}

void td_run_lock_release(td_run_lock *lock)
{
    if (!lock)
        return;
    td_succession_end(&lock->succession);
    td_free(lock);
}

td_status td_run_lock_begin(const char *run, const char *name, int hold_seconds, td_run_lock **out)
{
    td_run_lock *lock = TD_NEW(td_run_lock, 1);
    lock->hold_seconds = hold_seconds;
    const td_status status = td_succession_begin(run, name, &lock->succession);
    if (status == TD_OK)
        *out = lock;
    else
        td_run_lock_release(lock);
    return status;
}
