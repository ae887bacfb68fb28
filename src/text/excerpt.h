/* A piece of foreign text that is fit for a message: short, on one line, whole characters. */
#ifndef TD_TEXT_EXCERPT_H
#define TD_TEXT_EXCERPT_H

#include "base/str.h"

#include <stddef.h>

typedef struct {
    char text[64];
} td_excerpt;

/* Local. Returns the start of text as a C string: what is not visible (base/visible.h) and bytes
 * that are not UTF-8 become '?', and "..." follows where some was left off. */
td_excerpt td_excerpt_of(const char *text, size_t length);

static inline td_excerpt td_excerpt_of_str(td_str text)
{
    return td_excerpt_of(text.text, text.length);
}

#endif
