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
        {"1998-04-23T23:10:38Z", 893373038},
        {"1998-04-23 23:10:38", 893373038},
        {"1998-04-23T23:10", 893373000},
        {"1998-04-24T01:10:38+02:00", 893373038},
        {"1998-04-23T17:40:38-05:30", 893373038},
        {"1970-01-01T00:00-00:30", 1800},
        {"2000-02-29", 951782400},  /* every 400 years a leap year, */
        {"2100-03-01", 4107542400}, /* though not every 100 */
        {"9999-12-31T23:59:59Z", TD_TIME_MAX},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        int64_t seconds = -1;
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
                                 "253402300800",
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
                                 "1998-04-23T23:59:59.5",
                                 "1998-04-23T23",
                                 "1998-04-23T23:10z",
                                 "1998-04-23T23:10Z ",
                                 "1998-04-23Z",
                                 "1998-04-23T23:10+2",
                                 "1998-04-23T23:10:+02:00",
                                 "1969-12-31",
                                 "1970-01-01T00:00+00:01",
                                 "9999-12-31T23:59:59-00:01",
                                 "0000-01-01",
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
