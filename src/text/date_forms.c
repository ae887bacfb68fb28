/* Each form is a date, a clock or none, and with a clock a zone or none. */
#include "text/date_forms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const dates[] = {
    "%d.%m.%Y",     "%d/%m/%Y",    "%m/%d/%Y",      "%d-%m-%Y",  "%m-%d-%Y", "%Y-%m-%d", "%Y/%m/%d",
    "%Y.%m.%d",     "%d.%m.%y",    "%d/%m/%y",      "%m/%d/%y",  "%d-%m-%y", "%m-%d-%y", "%y-%m-%d",
    "%d %b %Y",     "%b %d, %Y",   "%b %d %Y",      "%d-%b-%Y",  "%d-%b-%y", "%d %b %y", "%d/%b/%Y",
    "%a, %d %b %Y", "%a %d %b %Y", "%a, %b %d, %Y", "%d. %b %Y", "%Y %b %d", "%Y-%b-%d",
};
static const char *const clocks[] = {
    "",           " %H:%M",       " %H:%M:%S",  ", %H:%M",       ", %H:%M:%S",
    " %I:%M %p",  " %I:%M:%S %p", ", %I:%M %p", ", %I:%M:%S %p", ":%H:%M:%S",
    " %H:%M Uhr",
};
static const char *const zones[] = {"", " UTC", " GMT", " %z"};

enum {
    DATES = sizeof dates / sizeof *dates,
    CLOCKS = sizeof clocks / sizeof *clocks,
    ZONES = sizeof zones / sizeof *zones
};

bool td_date_form_at(size_t place, td_date_form *form)
{
    const size_t date = place % DATES, rest = place / DATES;
    const size_t clock = (rest + ZONES - 1) / ZONES; /* the first has no zones */
    const size_t zone = rest == 0 ? 0 : (rest - 1) % ZONES;
    if (clock >= CLOCKS)
        return false;
    snprintf(form->text, sizeof form->text, "%s%s%s", dates[date], clocks[clock], zones[zone]);
    return true;
}

bool td_date_looks(td_str text)
{
    size_t at = 0, years = 0, number[3] = {0};
    char sign = '\0';
    for (size_t n = 0; n < 3; n++) {
        while (at < text.length && isdigit((unsigned char)text.text[at])) {
            at++;
            number[n]++;
        }
        years += number[n] == 4;
        if (number[n] == 0 || number[n] == 3 || number[n] > 4 || (n == 1 && number[n] == 4))
            return false;
        if (n == 2)
            break;
        if (at == text.length || !strchr("-/.", text.text[at]) || text.text[at] == '\0' ||
            (n == 1 && text.text[at] != sign))
            return false;
        sign = text.text[at++];
    }
    return years <= 1 &&
           (at == text.length || (text.text[at] != '\0' && strchr(" ,T:", text.text[at])));
}
