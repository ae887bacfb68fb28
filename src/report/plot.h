/* Pictures of plots: SVG by gnuplot, which runs as a child process. All functions are Local. */
#ifndef TD_REPORT_PLOT_H
#define TD_REPORT_PLOT_H

#include "report/page.h"
#include "tandem/status.h"

/* How many colors there are; a series of another number has the one that is left over. */
enum { TD_PLOT_COLORS = 8 };

/* Returns a color, "#3b82c4": one that can be told from white and from black. */
const char *td_plot_color(int color);

/* Sets *svg to the element `svg` that shows a plot with points, to stand in a page of HTML: its
 * identifiers begin with prefix, its black and gray are for the page's style. The caller frees it
 * with td_free. TD_ERR_FILE where gnuplot is not there, or fails: the message says so. */
td_status td_plot_draw(const td_page_plot *plot, const char *prefix, char **svg);

#endif
