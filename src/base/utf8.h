/* The one decoder of UTF-8: The Unicode Standard, table 3-7. Local. */
#ifndef TD_BASE_UTF8_H
#define TD_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a character that begins so; 0: none does. */
static inline size_t td_utf8_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Returns the length of the character that text (of left bytes, at least 1) starts with, and sets
 * *code to it; 0 where its bytes are none: overlong forms, surrogates and what lies above U+10FFFF
 * are not. */
static inline size_t td_utf8_decode(const char *text, size_t left, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    const size_t length = td_utf8_length(bytes[0]);
    if (length == 0 || length > left)
        return 0;
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3fU);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return length;
}

#endif
