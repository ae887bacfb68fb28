/* The last words of a process that a fault ends (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT). */
#ifndef TD_BASE_CRASH_H
#define TD_BASE_CRASH_H

/* Local. From now on such a signal first writes one line, with td_log's name and step and the
 * signal's, then has its default effect. A handler that is there already, a sanitizer's, stays. */
void td_crash_start(void);

#endif
