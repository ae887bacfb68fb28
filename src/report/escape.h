/* Texts of strangers (titles, names, paths, messages) in the languages that a report is written in.
 * What would steer the reader, or hide what stands there, is shown as an escape (base/visible.h).
 * All functions are Local.
 */
#ifndef TD_REPORT_ESCAPE_H
#define TD_REPORT_ESCAPE_H

#include <stdio.h>

/* Returns a stranger's text as a part of a sentence of ours: between marks, which keep its
 * direction to itself, so that "User X, 17 rows" has its numbers in place whatever X is written in.
 * HTML has `bdi` for them, attributes their two characters, CSV and gnuplot nothing. The caller
 * frees it with td_free. */
char *td_isolated(const char *text);

/* Prints a text within an element of HTML. */
void td_print_html(FILE *stream, const char *text);

/* Prints a text within an attribute's quotes, or an element that has no others in it. */
void td_print_attribute(FILE *stream, const char *text);

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
