/* Numbers in text, read strictly and the same in every locale: the whole text must be the number,
 * without spaces, and in range. All functions are Local; false means that it is not. */
#ifndef TD_TEXT_DECIMAL_H
#define TD_TEXT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last second of the year 9999. Later times are taken for another unit than seconds, and
 * below it the sum of a trillion squared times fits 128 bits. */
#define TD_TIME_MAX INT64_C(253402300799)

/* The first second of the year 1. Numbers are times from 1970 on, dates may be earlier ones. */
#define TD_TIME_MIN INT64_C(-62135596800)

/* Reads digits as a whole number in [0, max]. */
bool td_decimal_whole(const char *text, size_t length, int64_t max, int64_t *value);

/* Reads a finite decimal number, like 4, -0.5 or 1e-3, correctly rounded to float. */
bool td_decimal_float(const char *text, size_t length, float *value);

#endif
