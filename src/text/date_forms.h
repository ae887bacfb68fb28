/* Dates and times as people write them, other than ISO 8601 (time_text.h). All functions are Local.
 */
#ifndef TD_TEXT_DATE_FORMS_H
#define TD_TEXT_DATE_FORMS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* A form of dates as strptime has it. */
typedef struct {
    char text[48];
} td_date_form;

/* Sets *form to the one at a place, from 0; false behind the last. */
bool td_date_form_at(size_t place, td_date_form *form);

/* Whether a text begins as a date of numbers: three of them with one sign, - / or . between, one or
 * two digits each but for a year, and nothing, a blank, a comma, T or : behind them. */
bool td_date_looks(td_str text);

#endif
