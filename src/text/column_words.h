/* What columns of users, items and the like are often called, in English and in six other
 * languages. All functions are Local. */
#ifndef TD_TEXT_COLUMN_WORDS_H
#define TD_TEXT_COLUMN_WORDS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* GROUP: what holds several rows of a user, such as an order or a session. */
typedef enum {
    TD_COLUMN_USER,
    TD_COLUMN_ITEM,
    TD_COLUMN_LABEL,
    TD_COLUMN_WEIGHT,
    TD_COLUMN_TITLE,
    TD_COLUMN_TIME,
    TD_COLUMN_GROUP,
    TD_COLUMN_MEANINGS
} td_column_meaning;

/* How sure a word is: WEAK ones have other meanings, too (note, data, place). */
typedef enum { TD_FIT_NONE, TD_FIT_WEAK, TD_FIT_SURE } td_column_fit;

/* A name's letters and digits, in lower case and of ASCII (latin_letters.h). Dots part the names of
 * objects in each other, of which the last, and the last two, are words, too: listener.id. */
typedef struct {
    char text[64];
    size_t pair, last; /* where the last two parts, and the last one, begin in text */
} td_column_word;

/* A longer name's word is its beginning. */
td_column_word td_column_word_of(td_str name);

/* How well a column with this word is one of these. */
td_column_fit td_column_fits(const td_column_word *word, td_column_meaning meaning);

/* Whether it surely is. */
bool td_column_means(const td_column_word *word, td_column_meaning meaning);

#endif
