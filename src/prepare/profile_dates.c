/* Dates that are not ISO 8601. */
#include "base/intern.h"
#include "prepare/profile_parts.h"
#include "text/date_forms.h"

#include <ctype.h>
#include <string.h>

enum { LOOKED_AT = 1000 }; /* cells by which a column looks like dates */

/* Whether the cells are dates in the column's format; of years, since 26 is none of 1000 on. */
static bool fits(td_column_profile *c)
{
    const double first = -30610224000; /* the year 1000 */
    double low;
    return td_profile_reads(c, td_profile_read_time) &&
           td_profile_read_time(c, td_profile_cell(c, c->lowest), &low) && low >= first;
}

bool td_profile_find_format(td_column_profile *c)
{
    td_date_form form;
    size_t count = 0;
    for (size_t f = 0; td_date_form_at(f, &form); f++) {
        c->format = form.text;
        if (fits(c) && count++ < 2)
            c->fits[count - 1] = td_intern_text(form.text);
    }
    c->format = count == 1 ? c->fits[0] : NULL;
    return count == 1 && fits(c); /* the lowest and the highest are its own again */
}

static bool is_like_date(td_str cell)
{
    size_t digits = 0, signs = 0;
    for (size_t i = 0; i < cell.length; i++) {
        digits += isdigit((unsigned char)cell.text[i]) != 0;
        signs += cell.text[i] != '\0' && strchr("/.:- ", cell.text[i]);
    }
    return digits >= 3 && signs > 0;
}

bool td_profile_looks_like_times(const td_column_profile *c)
{
    const td_column_word word = td_profile_word(c);
    const bool named = td_column_fits(&word, TD_COLUMN_TIME) != TD_FIT_NONE;
    int32_t looked = 0, dates = 0, like = 0;
    for (int32_t i = 1; i <= td_vocabulary_count(c->cells) && looked < LOOKED_AT; i++) {
        if (td_profile_is_mark(c, i))
            continue;
        looked++;
        dates += td_date_looks(td_profile_cell(c, i));
        like += is_like_date(td_profile_cell(c, i));
    }
    return 2 * dates > looked || (named && 2 * like > looked);
}
