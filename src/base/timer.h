/* Seconds on a clock that only goes forward. For reports, never for an answer. */
#ifndef TD_BASE_TIMER_H
#define TD_BASE_TIMER_H

/* Local. Returns seconds since an arbitrary start. */
double td_seconds(void);

#endif
