/* What is a number and what is not, in any locale, and that writing is reading's inverse. */
#include "base/number.h"

#include "base/random.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

Test(number, reads_integers)
{
    const struct {
        const char *text;
        int64_t value;
    } right[] = {{"0", 0},
                 {"-0", 0},
                 {"8192", 8192},
                 {"-17", -17},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        int64_t value = 99;
        cr_assert(td_number_read_int(right[i].text, &value), "%s", right[i].text);
        cr_assert_eq(value, right[i].value, "%s", right[i].text);
    }
}

Test(number, refuses_what_is_no_integer)
{
    static const char *const wrong[] = {
        "",    "-",    "08",    "00",  "+1",   " 1",  "1 ",  "1.0",
        "1e3", "0x10", "1_000", "nan", "true", "1,5", "--1", "9223372036854775808",
        "١"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t value = 99;
        cr_assert_not(td_number_read_int(wrong[i], &value), "'%s'", wrong[i]);
        cr_assert_eq(value, 99, "'%s' changed the value", wrong[i]);
    }
}

Test(number, reads_reals)
{
    const struct {
        const char *text;
        double value;
    } right[] = {{"0", 0},
                 {"1", 1},
                 {"-2.5", -2.5},
                 {"0.1", 0.1},
                 {"1e3", 1000},
                 {"1E-07", 1e-7},
                 {"1.5e+2", 150},
                 {"0e-999", 0},
                 {"0.000e5", 0},
                 {"5e-324", 5e-324},
                 {"1.7976931348623157e308", 0x1.fffffffffffffp1023}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        double value = 99;
        cr_assert(td_number_read_real(right[i].text, &value), "%s", right[i].text);
        cr_assert_eq(value, right[i].value, "%s gave %a", right[i].text, value);
    }
    double value;
    cr_assert(td_number_read_real("-0.0", &value) && !signbit(value), "no negative zero");
}

Test(number, refuses_what_is_no_real)
{
    static const char *const wrong[] = {"",       "-",     ".5",      "1.",    "01.5",  "+1",
                                        "nan",    "inf",   ".inf",    ".nan",  "0x1p3", "1e",
                                        "1e+",    "1,5",   "1.5f",    "1 000", "1e999", "-1e999",
                                        "1e-999", "1e1.5", "infinity"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double value = 99;
        cr_assert_not(td_number_read_real(wrong[i], &value), "'%s'", wrong[i]);
        cr_assert_eq(value, 99, "'%s' changed the value", wrong[i]);
    }
}

Test(number, is_written_with_the_fewest_digits)
{
    const struct {
        double value;
        const char *text;
    } right[] = {{0, "0"},       {0.1, "0.1"},    {1, "1"},
                 {-2.5, "-2.5"}, {1e-7, "1e-07"}, {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char text[TD_NUMBER_SIZE];
        td_number_write_real(right[i].value, text);
        cr_assert_str_eq(text, right[i].text);
    }
}

Test(number, is_plain_without_an_exponent)
{
    const struct {
        double value;
        const char *text;
    } right[] = {{0, "0"},        {30, "30"},         {-600, "-600"},  {1e14, "100000000000000"},
                 {1e15, "1e+15"}, {0.0001, "0.0001"}, {1e-5, "1e-05"}, {1234567.25, "1234567.25"},
                 {0.1, "0.1"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char text[TD_NUMBER_SIZE];
        double back;
        td_number_write_plain(right[i].value, text);
        cr_assert_str_eq(text, right[i].text);
        cr_assert(td_number_read_real(text, &back) && back == right[i].value, "%s", text);
    }
}

/* Doubles of random bits: every exponent, denormals among them. */
static void check_round_trips(void)
{
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = td_philox_key(1, TD_STREAM_SYNTH, i, 0);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        char text[TD_NUMBER_SIZE];
        if (!isfinite(value))
            continue;
        td_number_write_real(value, text);
        cr_assert(td_number_read_real(text, &back), "%s of %a", text, value);
        cr_assert_eq(memcmp(&value, &back, sizeof value), 0, "%s: %a became %a", text, value, back);
    }
}

Test(number, comes_back_to_the_same_bits)
{
    check_round_trips();
}

/* Any locale with a decimal comma will do; where the system has none there is nothing to try. */
Test(number, does_not_care_about_the_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    const char *found = NULL;
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++)
        found = setlocale(LC_ALL, names[i]);
    if (!found)
        cr_skip_test("skipped: this system has no locale with a decimal comma");
    double value;
    cr_assert(td_number_read_real("0.5", &value) && value == 0.5);
    check_round_trips();
}
