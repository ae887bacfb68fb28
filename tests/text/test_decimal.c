/* Numbers are read whole or refused, rounded as the C library rounds them, in every locale. */
#include "text/decimal.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool whole(const char *text, int64_t max, int64_t *value)
{
    return td_decimal_whole(text, strlen(text), max, value);
}

static bool real(const char *text, float *value)
{
    return td_decimal_float(text, strlen(text), value);
}

Test(decimal, reads_whole_numbers_up_to_the_most)
{
    const struct {
        const char *text;
        int64_t max, value;
    } good[] = {
        {"0", 0, 0},
        {"881250949", TD_TIME_MAX, 881250949},
        {"007", 10, 7},
        {"253402300799", TD_TIME_MAX, TD_TIME_MAX},
        {"9223372036854775807", INT64_MAX, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = -1;
        cr_assert(whole(good[i].text, good[i].max, &value), "%s", good[i].text);
        cr_assert_eq(value, good[i].value);
    }
    int64_t value;
    const char *const bad[] = {"",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "1.0",
                               "1e3",
                               "0x1",
                               "a",
                               "1a",
                               "9223372036854775808",
                               "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(whole(bad[i], INT64_MAX, &value), "'%s'", bad[i]);
    cr_assert_not(whole("253402300800", TD_TIME_MAX, &value));
    cr_assert_not(whole("10", 9, &value));
    cr_assert_not(whole("1", 0, &value));
}

Test(decimal, rounds_as_strtof)
{
    const char *const texts[] = {"0",
                                 "4",
                                 "4.5",
                                 "0.1",
                                 "-0.5",
                                 "+3",
                                 "5.",
                                 ".5",
                                 "1e-3",
                                 "1E3",
                                 "999999.9",
                                 "9999999.9",
                                 "16777217",
                                 "0.3333333",
                                 "1.17549435e-38",
                                 "1e-45",
                                 "3.4028235e38",
                                 "8388608.5",
                                 "1.00000017881393432617187",
                                 "1.000000178813934326171876",
                                 "00004.50"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        float value = -1;
        cr_assert(real(texts[i], &value), "%s", texts[i]);
        cr_assert_eq(value, strtof(texts[i], NULL), "%s gave %a", texts[i], value);
    }
}

Test(decimal, rounds_every_rating_with_one_decimal)
{
    for (int tenths = 0; tenths < 200000; tenths++) {
        char text[16];
        float value;
        snprintf(text, sizeof text, "%d.%d", tenths / 10, tenths % 10);
        cr_assert(real(text, &value));
        cr_assert_eq(value, strtof(text, NULL), "%s", text);
    }
}

Test(decimal, refuses_what_is_no_finite_number)
{
    const char *const bad[] = {"",      " 1",  "1 ",   "nan",   "NaN",  "inf", "-inf", "infinity",
                               "0x1p3", "1e",  "1e+",  "e5",    ".",    "-",   "+",    "1,5",
                               "1.2.3", "--1", "1e39", "-1e39", "4.5x", "one"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float value;
        cr_assert_not(real(bad[i], &value), "'%s'", bad[i]);
    }
    char zeros[200];
    float value;
    memset(zeros, '0', sizeof zeros);
    cr_assert_not(td_decimal_float(zeros, sizeof zeros, &value), "no number is so long");
    cr_assert_not(td_decimal_float("1\0", 2, &value), "a zero byte is no digit");
}

Test(decimal, does_not_read_past_its_text)
{
    float value;
    int64_t number;
    cr_assert(td_decimal_float("4.57", 3, &value) && value == 4.5F);
    cr_assert(td_decimal_float("1e-35", 4, &value) && value == 1e-3F);
    cr_assert(td_decimal_whole("123", 2, 100, &number) && number == 12);
}

Test(decimal, is_the_same_in_a_locale_with_commas)
{
    float value;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        return cr_skip_test("skipped: this machine has no locale de_DE.UTF-8");
    cr_assert(real("1.25e1", &value) && value == 12.5F);
    cr_assert_not(real("1,25", &value));
}
