/* Files and folders that are not to outlive the process where a signal ends it.
 *
 * All functions are Local. At most TD_TEMPORARIES are remembered at once; more are as if they had
 * not been told. */
#ifndef TD_BASE_TEMPORARIES_H
#define TD_BASE_TEMPORARIES_H

enum { TD_TEMPORARIES = 256 };

/* Remembers a path, relative ones as seen from the present folder; files after the folder that they
 * are in. */
void td_temporary_add(const char *path);

/* Forgets it, and what is in it: it is gone, or there to stay. */
void td_temporary_drop(const char *path);

/* From hold to release the signals of td_temporaries_start wait, so that a path that is made, or
 * goes, is remembered exactly as long as it is there. Pairs may be nested. */
void td_temporaries_hold(void);
void td_temporaries_release(void);

/* Removes what is remembered, files before folders. Async-signal-safe. */
void td_temporaries_remove(void);

/* From now on signals that would end the process (SIGTERM, SIGINT, SIGHUP, SIGXCPU, SIGQUIT,
 * SIGUSR1, SIGUSR2, SIGALRM) remove what is remembered before they do. */
void td_temporaries_start(void);

#endif
