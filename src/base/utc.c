/* The civil calendar by arithmetic alone: gmtime takes a lock, which a signal handler must not. */
#include "base/utc.h"

enum { DAY = 24 * 3600, FIRST_YEAR = 1970, LAST_YEAR = 9999 };

static int64_t days_of_year(int64_t year)
{
    return 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static int64_t days_of_month(int64_t year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && days_of_year(year) == 366);
}

/* Writes number in the digits of a text's field, from its last one on. */
static void put(char *field, int digits, int64_t number)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        field[i] = (char)('0' + number % 10);
}

void td_utc_text(int64_t seconds, char text[TD_UTC_BYTES])
{
    static const char form[TD_UTC_BYTES] = "0000-00-00T00:00:00Z";
    seconds = seconds < 0 ? 0 : seconds;
    int64_t year = FIRST_YEAR, days = seconds / DAY;
    int month = 0;
    for (; days >= days_of_year(year) && year < LAST_YEAR; year++)
        days -= days_of_year(year);
    for (; days >= days_of_month(year, month) && month < 11; month++)
        days -= days_of_month(year, month);
    for (int i = 0; i < TD_UTC_BYTES; i++)
        text[i] = form[i];
    put(text, 4, year);
    put(text + 5, 2, month + 1);
    put(text + 8, 2, days + 1);
    put(text + 11, 2, seconds / 3600 % 24);
    put(text + 14, 2, seconds / 60 % 60);
    put(text + 17, 2, seconds % 60);
}
