/* Digits by hand where that is exact, and the C library, in the C locale, where it is not. */
#include "text/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 100 }; /* characters of a number */

static bool is_digit(char c)
{
    return '0' <= c && c <= '9';
}

bool td_decimal_whole(const char *text, size_t length, int64_t max, int64_t *value)
{
    enum { SAFE = 18 }; /* digits of which any number is an int64 */
    int64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        const int digit = text[i] - '0';
        if ((unsigned)digit > 9 || (i >= SAFE && sum > (INT64_MAX - digit) / 10))
            return false;
        sum = 10 * sum + digit;
    }
    if (length == 0 || sum > max)
        return false;
    *value = sum;
    return true;
}

/* Returns the first place at or after at that is no digit. */
static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_digit(text[at]))
        at++;
    return at;
}

static size_t skip_sign(const char *text, size_t length, size_t at)
{
    return at < length && (text[at] == '+' || text[at] == '-') ? at + 1 : at;
}

/* The grammar: [sign] digits [. digits] [e [sign] digits], with a digit before or after the point.
 * strtof takes more: spaces, hexadecimal, infinities. */
static bool is_decimal(const char *text, size_t length)
{
    size_t start = skip_sign(text, length, 0);
    size_t at = skip_digits(text, length, start);
    size_t digits = at - start;
    if (at < length && text[at] == '.') {
        size_t point = at;
        at = skip_digits(text, length, at + 1);
        digits += at - point - 1;
    }
    if (digits == 0)
        return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        start = skip_sign(text, length, at + 1);
        at = skip_digits(text, length, start);
        if (at == start)
            return false;
    }
    return at == length;
}

/* Whole numbers below 2^24 and their tenths: one division of floats that are exact. */
static bool is_short(const char *text, size_t length, float *value)
{
    bool tenths = length > 2 && text[length - 2] == '.' && is_digit(text[length - 1]);
    int64_t whole;
    if (length > 8 || !td_decimal_whole(text, tenths ? length - 2 : length, 999999, &whole))
        return false;
    *value = tenths ? (float)(10 * whole + (text[length - 1] - '0')) / 10 : (float)whole;
    return true;
}

bool td_decimal_float(const char *text, size_t length, float *value)
{
    if (is_short(text, length, value))
        return true;
    char copy[LONGEST + 1] = "";
    if (length > LONGEST || !is_decimal(text, length))
        return false;
    memcpy(copy, text, length);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *value = strtof_l(copy, NULL, c_locale);
    freelocale(c_locale);
    return isfinite(*value);
}
