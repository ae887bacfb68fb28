/* Times as people write them: which second they are, and what is none. */
#include "text/time_text.h"

#include "text/decimal.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(time_text, .timeout = 60);

typedef struct {
    const char *text;
    int64_t seconds;
} example;

Test(time_text, reads_seconds_and_dates)
{
    const example examples[] = {
        {"0", 0},
        {"893286638", 893286638},
        {"253402300799", TD_TIME_MAX},
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01", 1},
        {"1969-12-31T23:59:59", -1}, /* dates may be earlier, */
        {"1970-01-01T00:00+00:01", -60},
        {"1922-01-01", -1514764800},
        {"0001-01-01", TD_TIME_MIN}, /* to the first that there is */
        {"1998-04-23T23:10:38Z", 893373038},
        {"1998-04-23 23:10:38", 893373038},
        {"1998-04-23T23:10", 893373000},
        {"1998-04-24T01:10:38+02:00", 893373038},
        {"1998-04-23T17:40:38-05:30", 893373038},
        {"1970-01-01T00:00-00:30", 1800},
        {"2000-02-29", 951782400},  /* every 400 years a leap year, */
        {"2100-03-01", 4107542400}, /* though not every 100 */
        {"9999-12-31T23:59:59Z", TD_TIME_MAX},
        {"893286638.999", 893286638}, /* fractions are cut */
        {"2020-09-01T11:27:43.599Z", 1598959663},
        {"2020-09-01 11:27:43,5", 1598959663},
        {"2006-08-13 14:59:59 +0000", 1155481199},
        {"2006-08-13T14:59:59.25+0130", 1155475799},
        {"2006-08-13 14:59:59-08", 1155509999},
        {"2006-08-13 14:59:59 UTC", 1155481199},
        {"2006/08/13 14:59", 1155481140},
        {"1433221332117", 1433221332}, /* milliseconds, */
        {"1433221332117.5", 1433221332},
        {"1433221332117000", 1433221332},    /* microseconds, */
        {"1433221332117000123", 1433221332}, /* nanoseconds, */
        {"253402300800", 253402300},
        {"20180920", 1537401600}, /* and a day */
        {"19980423T231038Z", 893373038},
        {"19980424T011038.5+0200", 893373038},
        {"19980423T2310", 893373000},
        {"19691231T235959", -1},
        {"20180931", 20180931}, /* that is none */
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        int64_t seconds = INT64_MIN;
        cr_assert(td_time_read(examples[i].text, strlen(examples[i].text), &seconds), "%s",
                  examples[i].text);
        cr_assert_eq(seconds, examples[i].seconds, "%s is %lld", examples[i].text,
                     (long long)seconds);
    }
}

Test(time_text, refuses_what_is_no_time)
{
    const char *const wrong[] = {"",
                                 "-1",
                                 "1e9",
                                 " 5",
                                 "1998-4-23",
                                 "1998-04",
                                 "98-04-23",
                                 "1998-13-01",
                                 "1998-00-01",
                                 "1998-04-31",
                                 "1999-02-29",
                                 "2100-02-29",
                                 "1998-04-00",
                                 "1998-04-23T",
                                 "1998-04-23T24:00",
                                 "1998-04-23T23:60",
                                 "1998-04-23T23:59:60",
                                 "1998-04-23T23",
                                 "1998-04-23T23:10z",
                                 "1998-04-23T23:10Z ",
                                 "1998-04-23Z",
                                 "1998-04-23T23:59:59.",
                                 "1998-04-23T23:10+2",
                                 "1998-04-23T23:10+020",
                                 "1998-04-23T23:10 ",
                                 "1998-04/23",
                                 "1.",
                                 ".5",
                                 "1433221332117e3",
                                 "1998-04-23T23:10:+02:00",
                                 "0001-01-01T00:00+00:01",
                                 "9999-12-31T23:59:59-00:01",
                                 "0000-01-01",
                                 "19980423T",
                                 "19980431T2310Z",
                                 "19980423T231Z",
                                 "19980423T23:10",
                                 "19980423T231038 ",
                                 "yesterday"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t seconds = 7;
        cr_assert_not(td_time_read(wrong[i], strlen(wrong[i]), &seconds), "'%s' is %lld", wrong[i],
                      (long long)seconds);
        cr_assert_eq(seconds, 7, "'%s' changed what was there", wrong[i]);
    }
}

Test(time_text, reads_no_further_than_the_text_is_long)
{
    int64_t seconds;
    cr_assert(td_time_read("1998-04-23T", 10, &seconds));
    cr_assert_eq(seconds, 893289600);
}

Test(time_text, reads_what_was_said)
{
    const struct {
        td_time_form form;
        const char *text;
        int64_t seconds; /* -1: it is no time */
    } cases[] = {
        {{.unit = TD_TIME_S}, "1433221332117", -1},
        {{.unit = TD_TIME_S}, "20180920", 20180920},
        {{.unit = TD_TIME_S}, "2018-09-20", 1537401600},
        {{.unit = TD_TIME_MS}, "1999", 1},
        {{.unit = TD_TIME_MS, .guessed = true}, "1999", -1},
        {{.unit = TD_TIME_MS, .guessed = true}, "0", 0},
        {{.unit = TD_TIME_S, .guessed = true}, "20180920", 20180920},
        {{.unit = TD_TIME_S, .guessed = true}, "1433221332117", -1},
        {{.unit = TD_TIME_DAY, .guessed = true}, "20180931", -1},
        {{.unit = TD_TIME_DAY}, "20180920", 1537401600},
        {{.unit = TD_TIME_DAY}, "18990920", -2217888000},
        {{.format = "%d.%m.%Y"}, "20.09.2018", 1537401600},
        {{.format = "%d.%m.%Y"}, "31.09.2018", -1},
        {{.format = "%d.%m.%Y"}, "20.09.2018 ", -1},
        {{.format = "%d.%m.%Y"}, "1537401600", -1},
        {{.format = "%m/%d/%Y %I:%M:%S %p"}, "11/11/2019 9:05:58 AM", 1573463158},
        {{.format = "%Y-%m-%dT%H:%M:%S%z"}, "2018-09-20T02:00:00+0200", 1537401600},
        {{.format = "%a %b %d %H:%M:%S %Y"}, "Thu Sep 20 00:00:00 2018", 1537401600},
        {{.format = "%Y"}, "1960", -315619200},
        {{.format = "%d-%b-%Y"}, "01-Jan-1995", 788918400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = -1;
        const bool read =
            td_time_read_as(&cases[i].form, cases[i].text, strlen(cases[i].text), &seconds);
        cr_expect_eq(read, cases[i].seconds != -1, "%s", cases[i].text);
        cr_expect_eq(seconds, cases[i].seconds, "%s is %lld", cases[i].text, (long long)seconds);
    }
}
