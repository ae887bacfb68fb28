/* Numbers and texts as a report says them. All functions are Local; the caller frees what they
 * return with td_free. */
#ifndef TD_REPORT_WORDS_H
#define TD_REPORT_WORDS_H

#include "report/page.h"
#include "report/runs.h"

/* "1 h 12 min", "12.3 s" */
char *td_words_seconds(double seconds);

/* "335,360 bytes", "1.2 GB" */
char *td_words_bytes(int64_t bytes);

/* A system as heads and legends name it: "ease"; "ease,l2=500" where the evaluation has one by
 * other settings, too. */
char *td_words_system(const td_evaluation *e, const td_metric_value *value);

/* The settings of a system, "days=3e+01,fields=all" as "days=30, fields=all": numbers as people
 * write them, other values whole, commas included. */
char *td_words_settings(const char *by);

/* Adds a sentence on the settings of the systems that have some. */
void td_add_settings(const td_evaluation *e, td_page_section *section);

/* "the test rows" */
char *td_words_rows(const td_chosen_by *by);

/* The color of a run among all; which of count runs is drawn i-th: those without a color first,
 * behind the others. */
int td_color_of_run(size_t run);
size_t td_run_drawn(size_t count, size_t i);

/* Marks a plot over steps with a run's best checkpoint, if that is known. */
void td_mark_best(const td_report_run *run, td_page_plot *plot);

/* Adds a run's curve as a series, the numbers that are there; faint beyond the colors there are. */
void td_add_curve(td_page_plot *plot, const char *name, int color, const td_record_curve *curve);

#endif
