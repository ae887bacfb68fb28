/* What a launcher (mpirun, srun, mpiexec) tells a process in its environment, before MPI starts. */
#ifndef TD_COMM_LAUNCHER_H
#define TD_COMM_LAUNCHER_H

#include <stdbool.h>

/* Local. Returns this process's rank; -1 if no launcher started it, so that it is a job of one. */
int td_launcher_rank(void);

/* Local. Returns how many processes the launcher says it started together; 1 where nobody says. */
int td_launcher_size(void);

/* What stands between a command's standard input and a rank. */
typedef enum {
    TD_INPUT_DIRECT,    /* nothing: no launcher started this process */
    TD_INPUT_HANDED_ON, /* a launcher, which writes to a pipe what it reads */
    TD_INPUT_REPEATED,  /* one that was seen to write parts of it many times */
} td_launcher_input;

/* Local. */
td_launcher_input td_launcher_input_of(void);

/* Local. Tells whether standard output may be a terminal that Open MPI's launcher made, whatever it
 * does with what comes. */
bool td_launcher_has_terminal(void);

/* Local, before MPI starts. Where only calls of MPI notice that the launcher was killed, this
 * process is killed when it is: ranks make few calls, which meet over shared memory, and a rank
 * alone none. */
void td_launcher_end_with_it(void);

/* Local, before MPI starts. Lets a process that no launcher started do without what it has no use
 * for: Open MPI would give it a daemon and search for networks, most of the time of a short
 * command. What the user has set stays. */
void td_launcher_spare_alone(void);

#endif
