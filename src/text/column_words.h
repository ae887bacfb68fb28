/* What columns of users, items and the like are often called. All functions are Local. */
#ifndef TD_TEXT_COLUMN_WORDS_H
#define TD_TEXT_COLUMN_WORDS_H

#include "base/str.h"

#include <stdbool.h>

typedef enum {
    TD_COLUMN_USER,
    TD_COLUMN_ITEM,
    TD_COLUMN_LABEL,
    TD_COLUMN_WEIGHT,
    TD_COLUMN_TITLE,
    TD_COLUMN_TIME,
    TD_COLUMN_MEANINGS
} td_column_meaning;

/* A name's letters and digits, in lower case. */
typedef struct {
    char text[64];
} td_column_word;

/* A longer name's word is its beginning. */
td_column_word td_column_word_of(td_str name);

/* Whether a column with this word is often one of these. */
bool td_column_means(const td_column_word *word, td_column_meaning meaning);

#endif
