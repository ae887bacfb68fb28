/* The large blocks of Unicode Standard Annex 11, East Asian Width, and of combining marks. */
#include "text/display_width.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

typedef struct {
    uint32_t first, last;
} block;

static const block wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
                             {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
                             {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                             {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                             {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
static const block marks[] = {{0x300, 0x36f},   {0x483, 0x489},  {0x591, 0x5bd},   {0x610, 0x61a},
                              {0x64b, 0x65f},   {0x900, 0x902},  {0x93c, 0x93c},   {0x941, 0x948},
                              {0xe31, 0xe31},   {0xe34, 0xe3a},  {0x200b, 0x200f}, {0x20d0, 0x20ff},
                              {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

static bool is_in(uint32_t code, size_t count, const block *blocks)
{
    for (size_t b = 0; b < count; b++)
        if (blocks[b].first <= code && code <= blocks[b].last)
            return true;
    return false;
}

int td_display_width(const char *text)
{
    int width = 0;
    for (size_t left = strlen(text), length; left > 0; left -= length, text += length) {
        uint32_t code = '?';
        length = td_utf8_decode(text, left, &code);
        length = length > 0 ? length : 1;
        if (!is_in(code, sizeof marks / sizeof *marks, marks))
            width += is_in(code, sizeof wide / sizeof *wide, wide) ? 2 : 1;
    }
    return width;
}
