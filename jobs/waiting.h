/* How a rank of the program waits for the others. */
#ifndef TD_JOBS_WAITING_H
#define TD_JOBS_WAITING_H

/* Local, before MPI starts. A rank that waits gives its core to whoever needs it, however many
 * ranks, jobs and users share the machine. What the user has set stays. */
void waiting_start(void);

#endif
