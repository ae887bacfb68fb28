/* UTF-8 by the table of well-formed byte sequences: The Unicode Standard, table 3-7. */
#include "text/encoding.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* True if 8 bytes are all in 1..127. Subtracting 1 from each sets the top bit of a zero byte. */
static bool is_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return (((word - 0x0101010101010101U) | word) & 0x8080808080808080U) == 0;
}

static bool is_between(unsigned char byte, unsigned char low, unsigned char high)
{
    return low <= byte && byte <= high;
}

/* Returns the length of a character by its first byte, 0 if none starts so. */
static size_t length_by_lead(unsigned char lead)
{
    if (lead < 0x80)
        return lead != 0;
    if (is_between(lead, 0xc2, 0xdf))
        return 2;
    if (is_between(lead, 0xe0, 0xef))
        return 3;
    return is_between(lead, 0xf0, 0xf4) ? 4 : 0;
}

/* The second byte's range is narrower after four of the leads. */
static bool is_second(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return is_between(second, 0xa0, 0xbf);
    case 0xed:
        return is_between(second, 0x80, 0x9f);
    case 0xf0:
        return is_between(second, 0x90, 0xbf);
    case 0xf4:
        return is_between(second, 0x80, 0x8f);
    default:
        return is_between(second, 0x80, 0xbf);
    }
}

/* Returns the length of the valid character that text starts with, 0 if it starts with none. */
static size_t character(const unsigned char *text, size_t left)
{
    size_t length = length_by_lead(text[0]);
    if (length > left || (length > 1 && !is_second(text[0], text[1])))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_between(text[i], 0x80, 0xbf))
            return 0;
    return length;
}

size_t td_utf8_valid(const char *text, size_t length)
{
    size_t done = 0;
    while (done < length) {
        if (length - done >= 8 && is_plain(text + done)) {
            done += 8;
            continue;
        }
        size_t step = character((const unsigned char *)text + done, length - done);
        if (step == 0)
            break;
        done += step;
    }
    return done;
}

size_t td_utf8_from_latin1(const char *text, size_t length, char *utf8)
{
    size_t written = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x80) {
            utf8[written++] = (char)byte;
        } else {
            utf8[written++] = (char)(0xc0 | byte >> 6);
            utf8[written++] = (char)(0x80 | (byte & 0x3f));
        }
    }
    return written;
}
