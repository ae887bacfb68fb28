/* Messages about configurations: one form for all. */
#include "base/config_place.h"

#include <stdarg.h>
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

td_status td_place_fail_value(td_place place, const td_config_key *key, const char *format, ...)
{
    char found[MESSAGE_SIZE / 2], expected[TD_KEY_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(found, sizeof found, format, arguments);
    va_end(arguments);
    td_key_expectation(key, expected);
    return td_place_fail(place, "%s: expected %s; found %s", key->name, expected, found);
}

td_status td_place_fail_key(td_place place, const char *name)
{
    char quoted[TD_QUOTE_SIZE];
    td_quote(name, strlen(name), quoted);
    return td_place_fail(place,
                         "there is no key '%s'; the nearest is '%s' "
                         "(`tandem help config` lists all)",
                         quoted, td_key_nearest(name)->name);
}
