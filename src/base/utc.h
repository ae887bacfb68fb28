/* A time as text: ISO 8601, seconds, UTC. */
#ifndef TD_BASE_UTC_H
#define TD_BASE_UTC_H

#include <stdint.h>

enum { TD_UTC_BYTES = sizeof "2026-11-27T09:30:00Z" };

/* Local, safe in a signal handler. Writes what seconds since 1970 are; of the years 1970 to 9999.
 */
void td_utc_text(int64_t seconds, char text[TD_UTC_BYTES]);

#endif
