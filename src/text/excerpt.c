/* Foreign text, made harmless for a terminal. */
#include "text/excerpt.h"

#include "base/utf8.h"
#include "base/visible.h"

#include <stdbool.h>
#include <string.h>

enum { ROOM = sizeof(((td_excerpt *)NULL)->text) - sizeof "..." };

td_excerpt td_excerpt_of(const char *text, size_t length)
{
    td_excerpt excerpt = {""};
    size_t written = 0, done = 0;
    while (done < length) {
        uint32_t code = 0;
        const size_t character = td_utf8_decode(text + done, length - done, &code);
        const bool is_shown = character > 0 && !td_is_invisible(code);
        const size_t shown = is_shown ? character : 1;
        if (written + shown > ROOM)
            break;
        memcpy(excerpt.text + written, is_shown ? text + done : "?", shown);
        written += shown;
        done += character > 0 ? character : 1;
    }
    if (done < length)
        memcpy(excerpt.text + written, "...", sizeof "...");
    return excerpt;
}
