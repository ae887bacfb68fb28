/* Durations as people write them. */
#ifndef TD_TEXT_DURATION_H
#define TD_TEXT_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What td_duration_read takes, for messages. */
#define TD_DURATION_EXPECTED "a duration like 30min (s, min, h, d or w)"

/* Local. Reads a whole number above 0 and its unit, s, min, h, d or w, as seconds, at most
 * TD_TIME_MAX (decimal.h). False for anything else. */
bool td_duration_read(const char *text, size_t length, int64_t *seconds);

#endif
