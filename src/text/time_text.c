/* A small grammar and the civil calendar; strptime and timegm for other forms. */
#include "text/time_text.h"

#include "text/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name, *words;
    int64_t in_a_second;
} units[TD_TIME_UNITS] = {
    [TD_TIME_AUTO] = {"auto", "times", 1},
    [TD_TIME_S] = {"s", "seconds", 1},
    [TD_TIME_MS] = {"ms", "milliseconds", 1000},
    [TD_TIME_US] = {"us", "microseconds", 1000000},
    [TD_TIME_NS] = {"ns", "nanoseconds", 1000000000},
    [TD_TIME_DAY] = {"YYYYMMDD", "dates as YYYYMMDD", 1},
};

const char *td_time_unit_name(td_time_unit unit)
{
    return units[unit].name;
}

const char *td_time_unit_words(td_time_unit unit)
{
    return units[unit].words;
}

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
    int64_t number = 0;
    if (text->left < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        const int digit = text->at[i] - '0';
        if ((unsigned)digit > 9)
            return false;
        number = 10 * number + digit;
    }
    text->at += digits;
    text->left -= digits;
    *value = number;
    return low <= number && number <= high;
}

static bool is_time(int64_t seconds)
{
    return TD_TIME_MIN <= seconds && seconds <= TD_TIME_MAX;
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

static int64_t days_before_month(int64_t year, int64_t month)
{
    static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return days[month - 1] + (month > 2 && is_leap(year));
}

/* Days from the start of 1970 to that of a year. */
static int64_t days_before_year(int64_t year)
{
    const int64_t y = year - 1;
    return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) +
           (y / 400 - 1969 / 400);
}

/* Whether a day is one; sets *seconds to its first. */
static bool find_day(int64_t year, int64_t month, int64_t day, int64_t *seconds)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *seconds = (days_before_year(year) + days_before_month(year, month) + day - 1) * 86400;
    return true;
}

/* YYYY-MM-DD, or with slashes. */
static bool take_date(rest *text, int64_t *seconds)
{
    int64_t year, month, day;
    if (!take_number(text, 4, 1, 9999, &year))
        return false;
    const char between = text->left > 0 && *text->at == '/' ? '/' : '-';
    return take(text, between) && take_number(text, 2, 1, 12, &month) && take(text, between) &&
           take_number(text, 2, 1, 31, &day) && find_day(year, month, day, seconds);
}

/* Nothing, or a point and digits, which do not count. */
static bool take_fraction(rest *text)
{
    int64_t digit;
    if (!take(text, '.') && !take(text, ','))
        return true;
    if (!take_number(text, 1, 0, 9, &digit))
        return false;
    while (take_number(text, 1, 0, 9, &digit))
        continue;
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

static bool take_word(rest *text, const char *word)
{
    const size_t length = strlen(word);
    if (text->left < length || memcmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    text->left -= length;
    return true;
}

/* HH:MM, HHMM or HH, ahead of or behind UTC; nothing, Z or " UTC". */
static bool take_zone(rest *text, int64_t *offset)
{
    int64_t hours, minutes = 0;
    *offset = 0;
    if (text->left == 0 || take(text, 'Z') || take_word(text, " UTC"))
        return true;
    take(text, ' ');
    const bool ahead = take(text, '+');
    if ((!ahead && !take(text, '-')) || !take_number(text, 2, 0, 14, &hours))
        return false;
    if ((take(text, ':') || text->left > 0) && !take_number(text, 2, 0, 59, &minutes))
        return false;
    *offset = (ahead ? 1 : -1) * (hours * 3600 + minutes * 60);
    return true;
}

/* HH:MM[:SS[.S]] and a zone. */
static bool take_clock(rest *text, int64_t *seconds)
{
    int64_t second = 0, offset;
    if (!take_minutes(text, seconds))
        return false;
    if (take(text, ':') && !(take_number(text, 2, 0, 59, &second) && take_fraction(text)))
        return false;
    if (!take_zone(text, &offset))
        return false;
    *seconds += second - offset;
    return true;
}

/* YYYYMMDDTHHMM[SS[.S]] and a zone, ISO 8601's basic form. */
static bool read_basic(rest *text, int64_t *seconds)
{
    int64_t year, month, day, hours, minutes, second = 0, offset;
    if (!take_number(text, 4, 1, 9999, &year) || !take_number(text, 2, 1, 12, &month) ||
        !take_number(text, 2, 1, 31, &day) || !find_day(year, month, day, seconds) ||
        !take(text, 'T') || !take_number(text, 2, 0, 23, &hours) ||
        !take_number(text, 2, 0, 59, &minutes))
        return false;
    if (text->left > 0 && (unsigned)(*text->at - '0') <= 9 &&
        !(take_number(text, 2, 0, 59, &second) && take_fraction(text)))
        return false;
    if (!take_zone(text, &offset))
        return false;
    *seconds += hours * 3600 + minutes * 60 + second - offset;
    return text->left == 0 && is_time(*seconds);
}

/* Reads digits, with nothing or a fraction behind them, as a whole number. */
static bool read_number(const char *text, size_t length, int64_t *number)
{
    rest fraction;
    size_t digits = 0;
    if (td_decimal_whole(text, length, INT64_MAX, number))
        return true;
    while (digits < length && text[digits] != '.')
        digits++;
    fraction = (rest){text + digits, length - digits};
    return digits < length && td_decimal_whole(text, digits, INT64_MAX, number) &&
           take_fraction(&fraction) && fraction.left == 0;
}

static bool read_day(int64_t number, int64_t *seconds)
{
    return find_day(number / 10000, number / 100 % 100, number % 100, seconds);
}

/* The unit of a number by its size; eight digits may be a date. */
static td_time_unit unit_by_size(int64_t number)
{
    int64_t seconds;
    if (number >= 19000101 && number <= 20991231 && read_day(number, &seconds))
        return TD_TIME_DAY;
    td_time_unit unit = TD_TIME_S;
    while (unit < TD_TIME_NS && number / units[unit].in_a_second > TD_TIME_MAX)
        unit++;
    return unit;
}

td_time_unit td_time_unit_of(const char *text, size_t length)
{
    int64_t number;
    return read_number(text, length, &number) ? unit_by_size(number) : TD_TIME_AUTO;
}

/* A date that was written as digits is as good a number of seconds: only what is too large or too
 * small for the unit that was guessed is of another. */
static bool looks_like(td_time_unit unit, int64_t number)
{
    const td_time_unit by_size = unit_by_size(number);
    return number == 0 || by_size == unit || (by_size == TD_TIME_DAY && unit == TD_TIME_S);
}

static bool read_digits(const td_time_form *form, int64_t number, int64_t *seconds)
{
    const td_time_unit unit = form->unit == TD_TIME_AUTO ? unit_by_size(number) : form->unit;
    int64_t found = number / units[unit].in_a_second;
    if ((form->guessed && !looks_like(unit, number)) ||
        (unit == TD_TIME_DAY && !read_day(number, &found)) || found > TD_TIME_MAX)
        return false;
    *seconds = found;
    return true;
}

static bool read_format(const char *format, const char *text, size_t length, int64_t *seconds)
{
    enum { LONGEST = 127 };
    char copy[LONGEST + 1];
    struct tm tm = {.tm_mday = 1, .tm_year = 70};
    if (length > LONGEST || memchr(text, '\0', length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    const char *end = strptime(copy, format, &tm);
    if (!end || *end != '\0')
        return false;
    const long offset = tm.tm_gmtoff;
    const int day = tm.tm_mday, month = tm.tm_mon;
    const int64_t found = (int64_t)timegm(&tm) - offset;
    if (tm.tm_mday != day || tm.tm_mon != month || !is_time(found))
        return false;
    *seconds = found;
    return true;
}

bool td_time_read_as(const td_time_form *form, const char *text, size_t length, int64_t *seconds)
{
    rest left = {text, length};
    int64_t number, day, second = 0;
    if (form->unit == TD_TIME_S && td_decimal_whole(text, length, TD_TIME_MAX, &number)) {
        *seconds = number; /* most are read here */
        return true;
    }
    if (form->format)
        return read_format(form->format, text, length, seconds);
    const bool is_date = length > 4 && (text[4] == '-' || text[4] == '/');
    if (!is_date && read_number(text, length, &number))
        return read_digits(form, number, seconds);
    if (length > 8 && text[8] == 'T') {
        if (!read_basic(&left, &day))
            return false;
        *seconds = day;
        return true;
    }
    if (!take_date(&left, &day))
        return false;
    if ((take(&left, 'T') || take(&left, ' ')) && !take_clock(&left, &second))
        return false;
    if (left.left > 0 || !is_time(day + second))
        return false;
    *seconds = day + second;
    return true;
}

bool td_time_read(const char *text, size_t length, int64_t *seconds)
{
    return td_time_read_as(&(td_time_form){0}, text, length, seconds);
}

td_time_name td_time_name_of(int64_t seconds)
{
    td_time_name name;
    struct tm parts;
    const time_t time = (time_t)seconds;
    if (!gmtime_r(&time, &parts) ||
        strftime(name.text, sizeof name.text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(name.text, sizeof name.text, "%" PRId64, seconds);
    return name;
}

bool td_time_read_zone(const char *text, int64_t *seconds)
{
    rest left = {text, strlen(text)};
    int64_t offset;
    if (!take_zone(&left, &offset) || left.left > 0)
        return false;
    *seconds = offset;
    return true;
}
