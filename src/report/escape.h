/* Texts of strangers (titles, names, paths, messages) in the languages that a report is written in.
 * What would steer the reader, or hide what stands there, is shown as an escape (base/visible.h).
 * All functions are Local.
 */
#ifndef TD_REPORT_ESCAPE_H
#define TD_REPORT_ESCAPE_H

#include <stdio.h>

/* Prints a text within an element of HTML, or within an attribute's quotes. */
void td_print_html(FILE *stream, const char *text);

/* The same within an element: long names may also break behind a sign that parts them, as in
 * a.b_c=1,d/e, and words that begin with a hyphen, such as --run, do not break at it. */
void td_print_html_flow(FILE *stream, const char *text);

/* Prints a text as a string of gnuplot's, quotes included, which neither reads variables nor runs
 * anything, for a terminal without enhanced text. */
void td_print_gnuplot(FILE *stream, const char *text);

/* Prints a text as a field of CSV, as records are (serve/record_writer.h); a line end is a blank.
 */
void td_print_csv(FILE *stream, const char *text);

/* Prints a finite number so that reading it gives the same bits, whole ones without an exponent. */
void td_print_exactly(FILE *stream, double value);

#endif
