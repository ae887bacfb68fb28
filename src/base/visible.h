/* Text of strangers for a terminal: what would steer it, or hide what stands there, is shown as an
 * escape. All functions are Local. */
#ifndef TD_BASE_VISIBLE_H
#define TD_BASE_VISIBLE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The most bytes that a byte of text becomes, and an end mark. */
enum { TD_VISIBLE = 10 };

/* Tells of a character whether it is shown as an escape: those of C0 and C1, DEL, line and
 * paragraph separators, and what sets the direction of text (Unicode Standard Annex 9). */
bool td_is_invisible(uint32_t code);

/* Returns text with `\u{9b}` for a character of that kind, but for those of spared ("" for none),
 * and
 * `\x{ff}` for a byte that is not UTF-8. The caller frees it with td_free. */
char *td_visible(td_str text, const char *spared);

/* Prints a text so, on one line. */
void td_print_visible(FILE *stream, const char *text);

/* The same into visible (size), cut where it would not fit; allocates nothing. */
void td_visible_into(td_str text, const char *spared, size_t size, char *visible);

#endif
