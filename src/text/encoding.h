/* Text as bytes: what is valid UTF-8, and how ISO-8859-1 becomes it.
 *
 * All functions are Local. Texts are not terminated; a zero byte is in no valid text, since names
 * are handed on as C strings.
 */
#ifndef TD_TEXT_ENCODING_H
#define TD_TEXT_ENCODING_H

#include <stddef.h>

typedef enum { TD_ENCODING_UTF8, TD_ENCODING_LATIN1 } td_encoding;

/* Returns how many bytes, from the start, are whole valid UTF-8 characters other than zero:
 * length if all are. Overlong forms, surrogates and what lies above U+10FFFF are not valid. */
size_t td_utf8_valid(const char *text, size_t length);

/* Writes text, in ISO-8859-1, as UTF-8 (up to 2 * length bytes); returns the bytes written. */
size_t td_utf8_from_latin1(const char *text, size_t length, char *utf8);

#endif
