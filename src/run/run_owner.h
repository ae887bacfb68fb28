/* Who trains a run: one job at a time, by a record owner.json in the run folder
 * (owner_succession.h).
 *
 * It names host, boot, process, Slurm job and a random nonce. Whoever's nonce it holds is the
 * owner, so there is never more than one. A record left behind is taken over: at once where the
 * process is known to be gone or the same Slurm job has been started again, else after its
 * heartbeat (the file's time of change, renewed by a thread) has stood still for a while.
 * docs/decisions.md goes through the interleavings.
 *
 * All functions are Local: rank 0 owns, other ranks hold NULL, which all but take and nonce accept.
 */
#ifndef TD_RUN_RUN_OWNER_H
#define TD_RUN_RUN_OWNER_H

#include "tandem/status.h"

#include <stdint.h>

typedef struct td_run_owner td_run_owner;

enum { TD_OWNER_WATCH_SECONDS = 30 }; /* ten beats */

/* Makes this process the owner of the run in an existing folder. Waits for watch_seconds, and says
 * so, while the heartbeat of an owner on another host is watched. TD_ERR_MISMATCH while another
 * owner lives (the message says who); TD_ERR_FILE. Give it back with td_run_owner_release. */
td_status td_run_owner_take(const char *run, int watch_seconds, td_run_owner **out);

/* The record's nonce (32 digits), which the ranks know the folder by. */
const char *td_run_owner_nonce(const td_run_owner *owner);

/* Tells whether a run's folder, as this process sees it, has the record of this nonce: TD_ERR_FILE.
 * A network file system may need a moment. */
td_status td_run_owner_see(const char *run, const char *nonce);

/* Tells whether the record still is this owner's: TD_ERR_MISMATCH names the new owner. To be asked
 * right before anything is published. context is a td_run_owner. */
td_status td_run_owner_check(void *context);

/* The same from what the heartbeat's thread saw last, some seconds ago: reads no file. */
td_status td_run_owner_recall(td_run_owner *owner);

/* Removes the record, unless it is another's by now, and frees owner. */
void td_run_owner_release(td_run_owner *owner);

#endif
