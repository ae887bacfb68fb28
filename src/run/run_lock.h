/* The turn to read, change and replace a file of a run that several jobs change: one at a time, by
 * a record NAME.lock beside it (owner_succession.h), which is there for the moment of a change.
 *
 * It needs no locks of the file system. Whoever waits names whom it waits for. A holder whose
 * process is gone is followed at once; any other that has kept the turn for hold_seconds is passed
 * over, for nobody must wait for one that stands still or is cut off. So a holder asks right before
 * it replaces the file (td_run_lock_check), and begins again where the turn is another's by now.
 *
 * All functions are Local: rank 0's.
 */
#ifndef TD_RUN_RUN_LOCK_H
#define TD_RUN_RUN_LOCK_H

#include "tandem/status.h"

#include <stdbool.h>

typedef struct td_run_lock td_run_lock;

enum { TD_LOCK_HOLD_SECONDS = 30 }; /* a change takes milliseconds */

/* Queues for the lock of this name (kept by reference) in a run's folder. TD_ERR_FILE. Give it back
 * with td_run_lock_release, also before it was taken. */
td_status td_run_lock_begin(const char *run, const char *name, int hold_seconds, td_run_lock **out);

/* Tries once, and pauses for some milliseconds where it is not this job's turn yet. TD_ERR_FILE,
 * TD_ERR_FORMAT. */
td_status td_run_lock_try(td_run_lock *lock, bool *taken);

/* TD_ERR_MISMATCH where another one has the turn by now, with its name. context is a td_run_lock.
 */
td_status td_run_lock_check(void *context);

/* Removes the record, unless it is another's by now, and frees lock; NULL may be released. The
 * thread's message stays. */
void td_run_lock_release(td_run_lock *lock);

#endif
