/* How a page looks. */
#ifndef TD_REPORT_PAGE_STYLE_H
#define TD_REPORT_PAGE_STYLE_H

/* A style sheet: light and dark as the reader prefers, readable from 320 pixels' width on. */
extern const char td_page_style[];

#endif
