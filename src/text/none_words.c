#include "text/none_words.h"

#include <stddef.h>
#include <string.h>

const char *const td_none_words[] = {"NA",  "N/A", "n/a", "null", "NULL", "None", "none",
                                     "nan", "NaN", "\\N", "?",    "-",    NULL};

bool td_is_none_word(td_str text)
{
    for (const char *const *word = td_none_words; *word; word++)
        if (strlen(*word) == text.length && memcmp(*word, text.text, text.length) == 0)
            return true;
    return false;
}
