/* What strangers' text looks like on a terminal. */
#include "base/visible.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(visible, .timeout = 10);

static void assert_shown(const char *text, const char *spared, const char *expected)
{
    char *shown = td_visible((td_str){text, strlen(text)}, spared);
    cr_assert_str_eq(shown, expected);
    td_free(shown);
}

Test(visible, leaves_what_can_be_seen)
{
    assert_shown("", "", "");
    assert_shown("Amélie (2001) \u2014 \u65e5\u672c \U0001f600", "",
                 "Amélie (2001) \u2014 \u65e5\u672c \U0001f600");
}

Test(visible, shows_what_steers_a_terminal)
{
    assert_shown("a\x1b[2Jb\tc\r\nd\x7f", "", "a\\u{1b}[2Jb\\u{9}c\\u{d}\\u{a}d\\u{7f}");
    assert_shown("a\tb\nc", "\n", "a\\u{9}b\nc");
    assert_shown("\xc2\x9b"
                 "31m",
                 "", "\\u{9b}31m"); /* CSI in one character */
    assert_shown("x\u202ey\u2066z\u2028\u200f\u061c", "",
                 "x\\u{202e}y\\u{2066}z\\u{2028}\\u{200f}\\u{61c}");
}

Test(visible, shows_bytes_that_are_no_text)
{
    assert_shown("\x9b"
                 "31m\xff",
                 "", "\\x{9b}31m\\x{ff}");
    assert_shown(
        "\xc0\x9b\xe0\x80\x9b\xed\xa0\x80", "",
        "\\x{c0}\\x{9b}\\x{e0}\\x{80}\\x{9b}\\x{ed}\\x{a0}\\x{80}"); /* overlong, surrogate */
    assert_shown("\xe2\x82", "", "\\x{e2}\\x{82}");                  /* cut */
    char *shown = td_visible((td_str){"a\0b", 3}, "\n");
    cr_assert_str_eq(shown, "a\\u{0}b");
    td_free(shown);
}
