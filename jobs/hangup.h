/* Whether the end of the terminal ends the program. */
#ifndef TD_JOBS_HANGUP_H
#define TD_JOBS_HANGUP_H

/* Local, before signals are caught. SIGHUP does what it did when the program began, nothing under
 * nohup, whatever libraries have made of it since. */
void hangup_start(void);

#endif
