/* A small grammar and the civil calendar. */
#include "text/time_text.h"

#include "text/decimal.h"

/* What is left of a text. */
typedef struct {
    const char *at;
    size_t left;
} rest;

static bool take(rest *text, char wanted)
{
    if (text->left == 0 || *text->at != wanted)
        return false;
    text->at++;
    text->left--;
    return true;
}

/* Takes exactly so many digits, as a number from low to high. */
static bool take_number(rest *text, size_t digits, int64_t low, int64_t high, int64_t *value)
{
    if (text->left < digits || !td_decimal_whole(text->at, digits, high, value) || *value < low)
        return false;
    text->at += digits;
    text->left -= digits;
    return true;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from the start of 1970 to that of a year. */
static int64_t days_before_year(int64_t year)
{
    const int64_t y = year - 1;
    return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) +
           (y / 400 - 1969 / 400);
}

static bool take_date(rest *text, int64_t *seconds)
{
    int64_t year, month, day;
    if (!take_number(text, 4, 1, 9999, &year) || !take(text, '-') ||
        !take_number(text, 2, 1, 12, &month) || !take(text, '-') ||
        !take_number(text, 2, 1, days_in(year, month), &day))
        return false;
    int64_t days = days_before_year(year) + day - 1;
    for (int64_t m = 1; m < month; m++)
        days += days_in(year, m);
    *seconds = days * 86400;
    return true;
}

/* HH:MM. */
static bool take_minutes(rest *text, int64_t *seconds)
{
    int64_t hours, minutes;
    if (!take_number(text, 2, 0, 23, &hours) || !take(text, ':') ||
        !take_number(text, 2, 0, 59, &minutes))
        return false;
    *seconds = hours * 3600 + minutes * 60;
    return true;
}

/* HH:MM[:SS][Z|+HH:MM|-HH:MM]. */
static bool take_clock(rest *text, int64_t *seconds)
{
    int64_t second = 0, offset = 0;
    if (!take_minutes(text, seconds))
        return false;
    if (take(text, ':') && !take_number(text, 2, 0, 59, &second))
        return false;
    if (take(text, '+')) {
        if (!take_minutes(text, &offset))
            return false;
    } else if (take(text, '-')) {
        if (!take_minutes(text, &offset))
            return false;
        offset = -offset;
    } else {
        take(text, 'Z');
    }
    *seconds += second - offset;
    return true;
}

bool td_time_read(const char *text, size_t length, int64_t *seconds)
{
    rest left = {text, length};
    int64_t number, day, second = 0;
    if (td_decimal_whole(text, length, TD_TIME_MAX, &number)) {
        *seconds = number;
        return true;
    }
    if (!take_date(&left, &day))
        return false;
    if ((take(&left, 'T') || take(&left, ' ')) && !take_clock(&left, &second))
        return false;
    if (left.left > 0 || day + second < 0 || day + second > TD_TIME_MAX)
        return false;
    *seconds = day + second;
    return true;
}
