/* Times as people and programs write them. All functions are Local. */
#ifndef TD_TEXT_TIME_TEXT_H
#define TD_TEXT_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What td_time_read takes, for messages. */
#define TD_TIME_EXPECTED                                                                           \
    "seconds (or ms, us, ns) since 1970, or a date like 1998-04-23 or 1998-04-23T22:15:00Z"

/* What a number counts. DAY: it is a date, YYYYMMDD. AUTO: by its size, seconds up to the year
 * 9999, then milliseconds, and so on; eight digits that are a date of 1900 to 2099 are one. */
typedef enum {
    TD_TIME_AUTO,
    TD_TIME_S,
    TD_TIME_MS,
    TD_TIME_US,
    TD_TIME_NS,
    TD_TIME_DAY,
    TD_TIME_UNITS
} td_time_unit;

/* Begins as {0}. */
typedef struct {
    td_time_unit unit;
    bool guessed; /* by other times of a column: numbers that look like another unit are none */
    const char
        *format; /* as strptime has it, in UTC unless it has %z, in place of all else; NULL */
} td_time_form;

/* Reads all of text as seconds since 1970, from TD_TIME_MIN to TD_TIME_MAX (decimal.h): digits,
 * perhaps with a fraction, which is cut; or ISO 8601's YYYY-MM-DD (or with slashes), which is its
 * first second, alone or followed by T or a space and HH:MM or HH:MM:SS, perhaps with a fraction,
 * then by nothing, Z or " UTC" for UTC, or, perhaps after a space, by +HH:MM, +HHMM or +HH, or the
 * same with -, for a time ahead of or behind it; or the same as YYYYMMDDTHHMM or YYYYMMDDTHHMMSS,
 * without signs between. False, with seconds as they were, for anything
 * else, such as a day that its month has not. */
bool td_time_read_as(const td_time_form *form, const char *text, size_t length, int64_t *seconds);

/* The same with the form {0}. */
bool td_time_read(const char *text, size_t length, int64_t *seconds);

/* A time in seconds since 1970 as YYYY-MM-DDTHH:MM:SSZ. */
typedef struct {
    char text[40];
} td_time_name;
td_time_name td_time_name_of(int64_t seconds);

/* Reads how far a clock is ahead of UTC, as behind a time: +02:00, +0200 or +02, up to 14 hours, or
 * nothing, Z or " UTC". */
bool td_time_read_zone(const char *text, int64_t *seconds);

/* The unit that a text of digits is in by its size; AUTO if it is none. */
td_time_unit td_time_unit_of(const char *text, size_t length);

/* A unit's name: "s", "ms", "us", "ns", "YYYYMMDD", and "auto"; in words: "milliseconds". */
const char *td_time_unit_name(td_time_unit unit);
const char *td_time_unit_words(td_time_unit unit);

#endif
