/* A page as values: sections, each a title and parts, which are texts, tables and plots. What makes
 * a section knows nothing of HTML, SVG or CSV; what writes these (page_html.h, page_csv.h) knows
 * nothing of runs.
 *
 * All functions are Local. Texts are copied, and may be a stranger's: writers escape them; one
 * within a sentence of ours is isolated (td_isolated in escape.h). What a function returns lasts as
 * long as its page.
 */
#ifndef TD_REPORT_PAGE_H
#define TD_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* A value with where it may lie: an interval where low and high are finite. */
typedef struct {
    char *text; /* NULL: a number */
    double value, low, high;
    int digits; /* after the point; below 0: significant ones, -digits of them */
} td_page_cell;

typedef struct {
    char *name;
    bool has_interval; /* of its cells some may have one: three columns of a CSV file */
} td_page_column;

typedef struct {
    char *name; /* of its CSV file, after the section's: unique there, and of plain characters */
    char *caption;
    bool is_folded; /* shown when the reader asks for it */
    size_t columns;
    td_page_column *column;
    size_t cells;
    td_page_cell *cell; /* row by row */
} td_page_table;

typedef enum {
    TD_SERIES_LINE,
    TD_SERIES_FAINT, /* one of many behind the others, without a place in the legend */
    TD_SERIES_POINTS,
    TD_SERIES_BARS /* from 0 to y, as wide as their distance */
} td_series_kind;

typedef struct {
    char *name; /* in the legend */
    td_series_kind kind;
    int color; /* a number from 0; equal ones are the same everywhere on the page */
    bool is_dashed;
    size_t count;
    double *x, *y; /* (count); NaN leaves a gap */
} td_page_series;

typedef struct {
    char *name; /* as of a table */
    char *title;
    char *x_label, *y_label; /* ours, no stranger's */
    double mark;             /* an x with a line across, called mark_name; NaN: none */
    char *mark_name;
    bool shows_diagonal; /* the line y = x */
    bool is_share;       /* y lies between 0 and 1, and so does its axis; */
    bool is_share_in_x;  /* x likewise */
    bool is_robust;      /* values far from nearly all others do not widen the axis of y */
    size_t tics;
    char **tic; /* (tics) what x = 1, 2, .. are called, ours; none: they are numbers */
    size_t count;
    td_page_series **series;
} td_page_plot;

typedef enum {
    TD_PART_TEXT,
    TD_PART_MISSING,
    TD_PART_WARNING,
    TD_PART_TABLE,
    TD_PART_PLOT
} td_part;

typedef struct {
    td_part kind;
    char *text; /* of the first three */
    td_page_table *table;
    td_page_plot *plot;
} td_page_part;

typedef struct {
    const char *name; /* of its anchor and its files; lasts as long as the program */
    const char *title;
    size_t count;
    td_page_part *part;
} td_page_section;

/* Begins as {.title = a copy}; td_page_free frees what it holds. */
typedef struct {
    char *title;
    char *subtitle;
    size_t count;
    td_page_section **section;
} td_page;

void td_page_free(td_page *page);

td_page_section *td_page_add(td_page *page, const char *name, const char *title);

/* Adds a paragraph; what is missing and why; what should be looked at. */
void td_section_text(td_page_section *section, td_part kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a table without columns. */
td_page_table *td_section_table(td_page_section *section, const char *name, const char *caption);
void td_table_column(td_page_table *table, const char *name, bool has_interval);

/* Add the next cell. NaN is an empty one. */
void td_table_text(td_page_table *table, const char *text);
void td_table_number(td_page_table *table, double value, int digits);
void td_table_interval(td_page_table *table, double value, double low, double high, int digits);

/* Adds a plot without series. */
td_page_plot *td_section_plot(td_page_section *section, const char *name, const char *title,
                              const char *x_label, const char *y_label);
td_page_series *td_plot_series(td_page_plot *plot, const char *name, td_series_kind kind,
                               int color);
void td_plot_tic(td_page_plot *plot, const char *name);
void td_plot_mark(td_page_plot *plot, double x, const char *name);
void td_series_point(td_page_series *series, double x, double y);

/* Tells whether a plot has a finite point. */
bool td_plot_has_points(const td_page_plot *plot);

#endif
