/* Views of text, and lists of strings in two blocks. All functions are Local. */
#ifndef TD_BASE_STR_H
#define TD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a text that somebody else owns; not terminated. */
typedef struct {
    const char *text;
    size_t length;
} td_str;

/* Returns a terminated copy; the caller frees it with td_free. */
char *td_str_copy(td_str text);

/* Compares by bytes: below, at or above 0 as left comes before, is, or comes after right. */
int td_str_compare(td_str left, td_str right);

/* Tells whether a text ends with another one. */
bool td_ends_with(const char *text, const char *end);

/* A list of strings: string i is the bytes [offsets[i], offsets[i + 1]). */
typedef struct {
    int64_t count;
    int64_t *offsets; /* (count + 1) */
    char *bytes;      /* not terminated */
} td_strings;

void td_strings_free(td_strings *strings);

/* Returns string i, from 0; it lasts as long as the list. */
td_str td_string_at(const td_strings *strings, int64_t i);

/* Puts copies of more strings behind those of a list, whose own ones move. */
void td_strings_append(td_strings *strings, const td_strings *more);

/* Returns a copy of the strings of count numbers, from 1, in this order; free it with
 * td_strings_free. */
td_strings td_strings_pick(const td_strings *strings, int64_t count, const int32_t *numbers);

#endif
