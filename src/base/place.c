/* Messages about places in texts, the nearest of some names, and choices. */
#include "base/place.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1024, WHERE_LONGEST = 512 };

void td_quote(const char *text, size_t length, char quoted[TD_QUOTE_SIZE])
{
    static const char more[] = "...";
    size_t longest = TD_QUOTE_SIZE - sizeof more, kept = length < longest ? length : longest;
    while (kept > 0 && kept < length && ((unsigned char)text[kept] & 0xc0) == 0x80)
        kept--; /* never half a UTF-8 character */
    for (size_t i = 0; i < kept; i++)
        quoted[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    strcpy(quoted + kept, kept < length ? more : "");
}

/* The end of a long path is what tells files apart. */
static const char *end_of(const char *where)
{
    size_t length = strlen(where);
    return length > WHERE_LONGEST ? where + length - WHERE_LONGEST : where;
}

td_status td_place_fail(td_place place, const char *format, ...)
{
    char what[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (place.line == 0)
        return td_fail(TD_ERR_CONFIG, "%s: %s", end_of(place.where), what);
    return td_fail(TD_ERR_CONFIG, "%s:%zu:%zu: %s", end_of(place.where), place.line, place.column,
                   what);
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance by rows of his table; `above` is the row of one letter of a less. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t width = strlen(b), *row = TD_NEW(size_t, width + 1);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            row[j] = min(min(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    size_t distance = row[width];
    td_free(row);
    return distance;
}

/* A name without its section is nearer to its key than to any key that merely looks like it. */
static size_t distance_to(const char *name, const char *known)
{
    const char *last = strrchr(known, '.');
    size_t whole = edit_distance(name, known);
    return last ? min(whole, edit_distance(name, last + 1) + 1) : whole;
}

size_t td_nearest(const char *name, size_t count, const char *const *names)
{
    size_t nearest = 0, fewest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t distance = distance_to(name, names[i]);
        if (distance < fewest) {
            fewest = distance;
            nearest = i;
        }
    }
    return nearest;
}

int td_choice_find(const char *choices, const char *choice)
{
    size_t length = strlen(choice);
    for (int place = 0;; place++) {
        size_t here = strcspn(choices, "|");
        if (here == length && strncmp(choices, choice, length) == 0)
            return place;
        if (!choices[here])
            return -1;
        choices += here + 1;
    }
}

int td_choice_count(const char *choices)
{
    int count = 1;
    for (const char *c = choices; *c; c++)
        count += *c == '|';
    return count;
}

td_str td_choice_name(const char *choices, int64_t place)
{
    for (; place > 0; place--)
        choices += strcspn(choices, "|") + 1;
    return (td_str){choices, strcspn(choices, "|")};
}
