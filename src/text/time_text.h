/* Times as people write them. */
#ifndef TD_TEXT_TIME_TEXT_H
#define TD_TEXT_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What td_time_read takes, for messages. */
#define TD_TIME_EXPECTED "seconds since 1970, or a date like 1998-04-23 or 1998-04-23T22:15:00Z"

/* Local. Reads all of text as seconds since 1970, up to TD_TIME_MAX (decimal.h): digits, or ISO
 * 8601's YYYY-MM-DD, which is its first second, alone or followed by T or a space and HH:MM or
 * HH:MM:SS, then by nothing or Z for UTC, or by +HH:MM or -HH:MM for a time ahead of or behind it.
 * False, with seconds as they were, for anything else, such as a day that its month has not. */
bool td_time_read(const char *text, size_t length, int64_t *seconds);

#endif
