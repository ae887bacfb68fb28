/* The grammar is checked here and only then does the C library convert, in the C locale. */
#include "base/number.h"

#include "base/log.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789";

/* The skip functions return where the thing that text begins with ends, NULL if it is not there. */
static const char *skip_digits(const char *text)
{
    size_t count = strspn(text, digits);
    return count > 0 ? text + count : NULL;
}

static const char *skip_integer(const char *text)
{
    text += *text == '-';
    return *text == '0' ? text + 1 : skip_digits(text);
}

static const char *skip_real(const char *text)
{
    const char *end = skip_integer(text);
    if (end && *end == '.')
        end = skip_digits(end + 1);
    if (end && (*end == 'e' || *end == 'E'))
        end = skip_digits(end + 1 + (end[1] == '-' || end[1] == '+'));
    return end;
}

bool td_number_read_int(const char *text, int64_t *value)
{
    const char *end = skip_integer(text);
    if (!end || *end)
        return false;
    errno = 0;
    long long read = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return false;
    *value = read;
    return true;
}

static locale_t c_locale(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!locale)
        td_abort("the C locale was refused");
    return locale;
}

static double convert(const char *text)
{
    locale_t locale = c_locale();
    double value = strtod_l(text, NULL, locale);
    freelocale(locale);
    return value;
}

static bool is_written_as_zero(const char *text)
{
    size_t mantissa = strcspn(text, "eE");
    return strcspn(text, "123456789") >= mantissa;
}

bool td_number_read_real(const char *text, double *value)
{
    const char *end = skip_real(text);
    if (!end || *end)
        return false;
    double read = convert(text);
    if (!isfinite(read) || (read == 0 && !is_written_as_zero(text)))
        return false;
    *value = read == 0 ? 0 : read;
    return true;
}

void td_number_write_real(double value, char text[TD_NUMBER_SIZE])
{
    locale_t locale = c_locale();
    locale_t before = uselocale(locale);
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, TD_NUMBER_SIZE, "%.*g", precision, value);
        if (strtod_l(text, NULL, locale) == value)
            break;
    }
    uselocale(before);
    freelocale(locale);
}

/* A number of so few digits that it has an exponent, and of this size, is whole. */
void td_number_write_plain(double value, char text[TD_NUMBER_SIZE])
{
    const double most = 1e15; /* so far doubles count one by one */
    td_number_write_real(value, text);
    if (strchr(text, 'e') && fabs(value) >= 1 && fabs(value) < most)
        snprintf(text, TD_NUMBER_SIZE, "%.0f", value);
}
