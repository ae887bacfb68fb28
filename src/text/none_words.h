/* Words that stand in cells that have no value. Local. */
#ifndef TD_TEXT_NONE_WORDS_H
#define TD_TEXT_NONE_WORDS_H

#include "base/str.h"

#include <stdbool.h>

extern const char *const td_none_words[]; /* ends with NULL */

/* Whether a text is one of them. */
bool td_is_none_word(td_str text);

#endif
