/* The ranges of such characters, and what is made of them. */
#include "base/visible.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    uint32_t first, last;
} invisible[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
};

bool td_is_invisible(uint32_t code)
{
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++)
        if (code >= invisible[i].first && code <= invisible[i].last)
            return true;
    return false;
}

/* Puts the character or byte that text begins with at `to`, in at most TD_VISIBLE bytes; returns
 * their number, and sets *length to how many of text they are. */
static size_t put(td_str text, const char *spared, char *to, size_t *length)
{
    uint32_t code;
    *length = td_utf8_decode(text.text, text.length, &code);
    if (*length == 0) {
        *length = 1;
        return (size_t)sprintf(to, "\\x{%02x}", (unsigned char)text.text[0]);
    }
    if (td_is_invisible(code) && !(code > 0 && code < 0x80 && strchr(spared, (int)code)))
        return (size_t)sprintf(to, "\\u{%" PRIx32 "}", code);
    memcpy(to, text.text, *length);
    return *length;
}

void td_visible_into(td_str text, const char *spared, size_t size, char *visible)
{
    size_t bytes = 0, length;
    for (size_t i = 0; i < text.length && bytes + TD_VISIBLE < size; i += length)
        bytes += put((td_str){text.text + i, text.length - i}, spared, visible + bytes, &length);
    visible[bytes] = '\0';
}

char *td_visible(td_str text, const char *spared)
{
    const size_t size = text.length * TD_VISIBLE + TD_VISIBLE + 1;
    char *visible = TD_NEW(char, size);
    td_visible_into(text, spared, size, visible);
    return visible;
}

void td_print_visible(FILE *stream, const char *text)
{
    char *visible = td_visible((td_str){text, strlen(text)}, "");
    fputs(visible, stream);
    td_free(visible);
}
