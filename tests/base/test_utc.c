/* Times as text, against the C library. */
#include "base/utc.h"

#include <criterion/criterion.h>
#include <time.h>

Test(utc, as_the_c_library)
{
    static const int64_t edges[] = {0,          951782399,  951782400,  951868800,    1709164800,
                                    1709251199, 1709251200, 4107542399, 4107542400,   4294967296,
                                    2147483647, 2147483648, 1795944599, 253402300799, 68169599};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (int64_t at = edges[i]; at < edges[i] + 400LL * 86400 && at <= 253402300799;
             at += 86399) {
            char found[TD_UTC_BYTES], expected[TD_UTC_BYTES];
            struct tm parts;
            const time_t time = (time_t)at;
            gmtime_r(&time, &parts);
            strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts);
            td_utc_text(at, found);
            cr_expect_str_eq(found, expected);
        }
}

Test(utc, a_clock_before_its_time)
{
    char found[TD_UTC_BYTES];
    td_utc_text(-1, found);
    cr_expect_str_eq(found, "1970-01-01T00:00:00Z");
}
