/* A page as one file of HTML, which needs no other: pictures are SVG, styles are its own, there is
 * no script. Local. */
#ifndef TD_REPORT_PAGE_HTML_H
#define TD_REPORT_PAGE_HTML_H

#include "report/page.h"
#include "tandem/status.h"

/* Puts the page in the place of the file at path, whole or not at all. A file that is there and
 * holds no such page stays as it is: TD_ERR_FILE. Where gnuplot is missing, or fails, the page says
 * so in the place of pictures, and so does a warning. */
td_status td_page_write_html(const td_page *page, const char *path);

/* The same for a file that is to be written later: TD_ERR_FILE if it may not. */
td_status td_page_check_html(const char *path);

#endif
