#include "text/duration.h"

#include "text/decimal.h"

#include <string.h>

static const struct {
    const char *unit;
    int64_t seconds;
} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

bool td_duration_read(const char *text, size_t length, int64_t *seconds)
{
    size_t digits = 0;
    int64_t number;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        if (strlen(units[u].unit) != length - digits ||
            memcmp(units[u].unit, text + digits, length - digits) != 0)
            continue;
        if (!td_decimal_whole(text, digits, TD_TIME_MAX / units[u].seconds, &number) || number == 0)
            return false;
        *seconds = number * units[u].seconds;
        return true;
    }
    return false;
}
