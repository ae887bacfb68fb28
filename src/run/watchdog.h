/* Ends a job in which a rank stands still, and names that rank (train.watchdog_seconds).
 *
 * Two threads of each rank, which call no MPI: one exchanges heartbeats with the other ranks, in
 * RUN/heartbeats (docs/formats.md); one looks at the clock. A rank without progress for so many
 * seconds, neither a step nor a collective begun or ended, means that all wait for one of them; the
 * lowest rank whose heart still beats says which, and ends the job with exit status 1.
 */
#ifndef TD_RUN_WATCHDOG_H
#define TD_RUN_WATCHDOG_H

#include "comm/comm.h"

typedef struct td_watchdog td_watchdog;

/* Collective. Makes the file at path and begins to watch; *watchdog is NULL with seconds 0. Keeps
 * comm by reference. TD_ERR_FILE if the file cannot be written. */
td_status td_watchdog_start(td_comm *comm, const char *path, double seconds,
                            td_watchdog **watchdog);

/* Collective. Ends the watch and removes the file; NULL does nothing. */
void td_watchdog_stop(td_watchdog *watchdog);

/* What the heartbeat of a rank says. */
typedef struct {
    int64_t beat; /* counts the heartbeats; 0: none was seen, -1: the last, with a verdict */
    int64_t step;
    td_comm_activity comm;
    char host[64];
} td_heartbeat;

/* Local. Whether rank is among those that the others wait for. silent (ranks) tells of which no
 * heartbeat has come for long; these are late if there are any, else those with the least progress
 * in the order of collectives. */
bool td_heartbeat_is_late(const td_heartbeat *beats, const bool *silent, int ranks, int rank);

#endif
