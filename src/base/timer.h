/* The clock that only goes forward: seconds, for reports and never for an answer, and a thread that
 * does something every so many. All functions are Local. */
#ifndef TD_BASE_TIMER_H
#define TD_BASE_TIMER_H

#include "tandem/status.h"

/* Returns seconds since an arbitrary start. */
double td_seconds(void);

/* The thread takes no signals, which are for those who train. */
typedef struct td_ticker td_ticker;

/* Calls tick(context) in a thread of its own, for the first time when seconds have passed.
 * TD_ERR_FILE, naming what it is for, if the system gives no thread. */
td_status td_ticker_start(const char *what, double seconds, void (*tick)(void *context),
                          void *context, td_ticker **out);

/* Ends the thread, once a tick at hand is done, and frees ticker; NULL does nothing. */
void td_ticker_stop(td_ticker *ticker);

#endif
