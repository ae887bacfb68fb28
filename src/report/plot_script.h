/* What gnuplot is told. Internal to plot. Local. */
#ifndef TD_REPORT_PLOT_SCRIPT_H
#define TD_REPORT_PLOT_SCRIPT_H

#include "report/page.h"

#include <stdio.h>

/* Prints the script that draws a plot with points on standard output. */
void td_plot_script(FILE *stream, const td_page_plot *plot);

#endif
