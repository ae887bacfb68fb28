/* Foreign text, made harmless for a terminal. */
#include "text/excerpt.h"

#include "text/encoding.h"

#include <stdbool.h>
#include <string.h>

enum { ROOM = sizeof(((td_excerpt *)NULL)->text) - sizeof "..." };

/* Returns the length of the character at text, 0 if it is not UTF-8. */
static size_t character(const char *text, size_t length)
{
    for (size_t n = 1; n <= 4 && n <= length; n++)
        if (td_utf8_valid(text, n) == n)
            return n;
    return 0;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

td_excerpt td_excerpt_of(const char *text, size_t length)
{
    td_excerpt excerpt = {""};
    size_t written = 0, done = 0;
    while (done < length) {
        size_t step = character(text + done, length - done);
        bool shown = step > 0 && !is_control(text[done]);
        step = shown ? step : 1;
        if (written + step > ROOM)
            break;
        memcpy(excerpt.text + written, shown ? text + done : "?", step);
        written += step;
        done += step;
    }
    if (done < length)
        memcpy(excerpt.text + written, "...", sizeof "...");
    return excerpt;
}
