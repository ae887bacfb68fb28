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

/* Decodes text, which becomes expected; whole of its bytes are characters. */
static void assert_decoded(const char *encoding, const char *text, size_t length, size_t whole,
                           const char *expected)
{
    td_decoder *decoder;
    char copy[256];
    char *decoded = memcpy(copy, text, length);
    size_t bytes = length;
    cr_assert_eq(td_decoder_make(encoding, &decoder), TD_OK, "%s", td_message());
    cr_assert_eq(td_decode(decoder, &decoded, &bytes), whole, "%s", encoding);
    cr_assert_eq(bytes, strlen(expected), "%s", encoding);
    cr_assert_eq(memcmp(decoded, expected, bytes), 0, "%s", encoding);
    td_decoder_free(decoder);
}

Test(encoding, is_checked_to_the_last_byte)
{
    for (size_t length = 2; length < 40; length++)
        for (size_t place = 0; place + 2 <= length; place++) {
            char text[40];
            memset(text, 'a', sizeof text);
            memcpy(text + place, "\xc3\xa9", 2);
            cr_assert_eq(td_utf8_valid(text, length), length);
            cr_assert_eq(td_utf8_valid(text, place + 1), place, "it is cut within a character");
            text[place] = 'a';
            cr_assert_eq(td_utf8_valid(text, length), place + 1);
        }
}

Test(encoding, turns_all_of_latin1_into_valid_text)
{
    char latin1[255], *text = latin1;
    size_t length = sizeof latin1;
    td_decoder *decoder;
    for (int i = 0; i < 255; i++)
        latin1[i] = (char)(i + 1);
    cr_assert_eq(td_decoder_make("latin1", &decoder), TD_OK);
    cr_assert_eq(td_decode(decoder, &text, &length), sizeof latin1);
    cr_assert_eq(length, 127 + 2 * 128);
    cr_assert_eq(td_utf8_valid(text, length), length);
    td_decoder_free(decoder);
}

Test(encoding, decodes_what_iconv_knows)
{
    assert_decoded("latin1",
                   "\xc9"
                   "co",
                   3, 3,
                   "\xc3\x89"
                   "co");
    assert_decoded("latin1", "plain", 5, 5, "plain");
    assert_decoded("windows-1252", "\x80 1", 3, 3, "\xe2\x82\xac 1");
    assert_decoded("windows-1252", "ab\x81", 3, 2, "ab\x81"); /* no character has this byte */
    assert_decoded("SHIFT_JIS", "\x93\x8c", 2, 2, "\xe6\x9d\xb1");
    assert_decoded("SHIFT_JIS", "a\x93", 2, 1, "a\x93"); /* half of one */
}

Test(encoding, refuses_what_it_cannot_cut_into_lines)
{
    static const char *const wrong[][2] = {{"klingon", "another name that iconv knows"},
                                           {"UTF-16", "line ends and digits are those of ASCII"},
                                           {"UTF-32LE", "iconv -f UTF-32LE -t UTF-8"},
                                           {"IBM037", "found 'IBM037'"}};
    td_decoder *decoder;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(td_decoder_make(wrong[i][0], &decoder), TD_ERR_USAGE, "%s", wrong[i][0]);
        cr_expect_not_null(strstr(td_message(), wrong[i][1]), "%s", td_message());
    }
    cr_assert_eq(td_decoder_make("UTF-8", &decoder), TD_OK);
    cr_assert_null(decoder);
    cr_assert_eq(td_decoder_make(NULL, &decoder), TD_OK);
    cr_assert_null(decoder);
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
