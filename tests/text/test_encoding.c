/* UTF-8 is told from what only looks like it, byte by byte, and ISO-8859-1 becomes it. */
#include "text/encoding.h"
#include "text/excerpt.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t valid(const char *text)
{
    return td_utf8_valid(text, strlen(text));
}

Test(encoding, accepts_every_character)
{
    const char *const texts[] = {"",
                                 "a",
                                 "plain text, longer than eight bytes\t\x7f",
                                 "Caf\xc3\xa9",
                                 "\xc2\x80\xdf\xbf",
                                 "\xe0\xa0\x80\xef\xbf\xbf",
                                 "\xed\x9f\xbf\xee\x80\x80",
                                 "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
                                 "12345678\xe6\x97\xa5\xe6\x9c\xac 12345678"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(valid(texts[i]), strlen(texts[i]), "text %zu", i);
}

Test(encoding, stops_at_what_is_not_a_character)
{
    const struct {
        const char *text;
        size_t valid;
    } cases[] = {{"\x80", 0},                      /* a continuation first */
                 {"ab\xc0\xaf", 2},                /* overlong '/' */
                 {"\xc1\xbf", 0},                  /* overlong */
                 {"a\xe0\x9f\xbf", 1},             /* overlong in three bytes */
                 {"\xed\xa0\x80", 0},              /* a surrogate */
                 {"\xf0\x8f\xbf\xbf", 0},          /* overlong in four */
                 {"\xf4\x90\x80\x80", 0},          /* above U+10FFFF */
                 {"\xf5\x80\x80\x80", 0},          /* no such lead */
                 {"\xff\xfe", 0},                  /* UTF-16's mark */
                 {"abc\xc3", 3},                   /* cut off */
                 {"\xe6\x97", 0},                  /* cut off */
                 {"\xc3(", 0},                     /* no continuation */
                 {"\xe6\x97(", 0},                 /* none at the third byte */
                 {"12345678ab\xf0\x90\x80(", 10}}; /* none at the fourth */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(valid(cases[i].text), cases[i].valid, "case %zu: %zu", i,
                     valid(cases[i].text));
}

Test(encoding, takes_no_zero_byte)
{
    cr_assert_eq(td_utf8_valid("ab\0cdefghijk", 13), 2);
    for (size_t place = 0; place < 24; place++) {
        char text[24];
        memset(text, 'x', sizeof text);
        text[place] = '\0';
        cr_assert_eq(td_utf8_valid(text, sizeof text), place);
    }
}

Test(encoding, turns_all_of_latin1_into_valid_text)
{
    char latin1[255], utf8[510];
    for (int i = 0; i < 255; i++)
        latin1[i] = (char)(i + 1);
    size_t length = td_utf8_from_latin1(latin1, sizeof latin1, utf8);
    cr_assert_eq(length, 127 + 2 * 128);
    cr_assert_eq(td_utf8_valid(utf8, length), length);
    cr_assert_eq(td_utf8_from_latin1("\xc9\x63\x6f", 3, utf8), 4);
    cr_assert_eq(memcmp(utf8, "\xc3\x89\x63\x6f", 4), 0);
}

Test(excerpt, is_short_and_harmless)
{
    cr_assert_str_eq(td_excerpt_of("abc", 3).text, "abc");
    cr_assert_str_eq(td_excerpt_of("a\x1b[2J\n\x7f", 7).text, "a?[2J??");
    cr_assert_str_eq(td_excerpt_of("\xc3\xa9\xc3", 3).text, "\xc3\xa9?");
    cr_assert_str_eq(td_excerpt_of("a\0b", 3).text, "a?b");
    char text[200];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 == 0 ? '\xc3' : '\xa9';
    for (size_t skip = 0; skip < 4; skip++) {
        td_excerpt excerpt = td_excerpt_of(text + skip, sizeof text - skip);
        size_t length = strlen(excerpt.text);
        cr_assert(length < sizeof excerpt.text && length > 50, "%zu", length);
        cr_assert_str_eq(excerpt.text + length - 3, "...");
        cr_assert_eq(td_utf8_valid(excerpt.text, length), length, "no character is cut in two");
    }
}
