/* A page as a folder of CSV files: what a reader would compute with. Local. */
#ifndef TD_REPORT_PAGE_CSV_H
#define TD_REPORT_PAGE_CSV_H

#include "report/page.h"
#include "tandem/status.h"

/* Writes every table and every plot of the page into a folder, which is made where it is missing:
 * SECTION-NAME.csv, and last index.csv, which lists them. A folder that is there must be empty, or
 * have an index.csv of this kind: TD_ERR_FILE. The layout is in docs/formats.md. */
td_status td_page_write_csv(const td_page *page, const char *folder);

/* The same for a folder that is to be written later: TD_ERR_FILE if it may not. */
td_status td_page_check_csv(const char *folder);

#endif
