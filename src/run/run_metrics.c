/* Turns at metrics.h5. A turn that was lost while the job stood still is had again. */
#include "run/run_metrics.h"

#include "run/run_lock.h"

enum { TURNS = 10 };

/* One call's work. */
typedef struct {
    td_comm *comm;
    const char *run;
    td_metrics_reader *read;
    td_metrics_change *change;
    void *context;
    const td_file_guard *guard; /* of the caller */
    td_run_lock *lock;          /* rank 0's */
    bool is_lost;               /* on rank 0: the turn went to another job */
} work;

/* The ranks try together, so that those who wait are seen to be alive (watchdog.h). */
static td_status wait_for_turn(work *w)
{
    td_status status = TD_OK;
    bool taken = false;
    const bool is_first = td_comm_rank(w->comm) == 0;
    if (is_first)
        status = td_run_lock_begin(w->run, "metrics.h5.lock", TD_LOCK_HOLD_SECONDS, &w->lock);
    TD_TRY(td_comm_agree(w->comm, status));
    while (!taken) {
        if (is_first)
            status = td_run_lock_try(w->lock, &taken);
        TD_TRY(td_comm_agree(w->comm, status));
        td_comm_broadcast(w->comm, 0, &taken, sizeof taken);
    }
    return TD_OK;
}

/* Rank 0's question right before the file is replaced. */
static td_status may_publish(void *context)
{
    work *w = context;
    if (w->guard)
        TD_TRY(w->guard->may_publish(w->guard->context));
    const td_status status = td_run_lock_check(w->lock);
    w->is_lost = status == TD_ERR_MISMATCH;
    return status;
}

static td_status change_file(work *w)
{
    td_metrics metrics;
    const td_path file = td_run_file(w->run, "metrics.h5");
    const td_file_guard guard = {may_publish, w};
    TD_TRY(w->read(w->comm, file.path, &metrics));
    td_status status = w->change(w->context, &metrics);
    if (status == TD_OK)
        status = td_metrics_save(w->comm, file.path, &metrics, &guard);
    td_metrics_free(&metrics);
    return status;
}

/* Tells all ranks whether the turn was lost. */
static td_status take_turn(work *w, bool *is_lost)
{
    w->is_lost = false;
    td_status status = wait_for_turn(w);
    if (status == TD_OK)
        status = change_file(w);
    td_run_lock_release(w->lock);
    w->lock = NULL;
    *is_lost = w->is_lost;
    td_comm_broadcast(w->comm, 0, is_lost, sizeof *is_lost);
    return status;
}

td_status td_run_metrics_change(td_comm *comm, const char *run, td_metrics_reader *read,
                                td_metrics_change *change, void *context,
                                const td_file_guard *guard)
{
    work w = {.comm = comm,
              .run = run,
              .read = read,
              .change = change,
              .context = context,
              .guard = guard};
    td_status status = TD_OK;
    bool is_lost = true;
    for (int turn = 0; turn < TURNS && is_lost; turn++)
        status = take_turn(&w, &is_lost);
    return status;
}
