/* The sections of a report: functions of its runs, each in a row of one table. To add one: its
 * function, here, and a row. All functions are Local; they are called on rank 0 alone, which holds
 * the log's record.
 */
#ifndef TD_REPORT_SECTIONS_H
#define TD_REPORT_SECTIONS_H

#include "report/page.h"
#include "report/runs.h"

typedef struct {
    const char *name; /* of its anchor and its CSV files */
    const char *title;
    bool (*has)(const td_report_runs *runs); /* whether it is there; NULL: always */
    void (*make)(const td_report_runs *runs, td_page_section *section);
} td_report_section;

/* Adds all sections to a page, in the order of the table. */
void td_report_sections_add(const td_report_runs *runs, td_page *page);

bool td_section_has_measures(const td_report_runs *runs);
bool td_section_has_heads(const td_report_runs *runs);
bool td_section_is_of_one(const td_report_runs *runs);

/* Tells whether the retrieval of some run was trained. */
bool td_any_has_retrieval(const td_report_runs *runs);

void td_section_warnings(const td_report_runs *runs, td_page_section *section);
void td_section_run(const td_report_runs *runs, td_page_section *section);
void td_section_settings(const td_report_runs *runs, td_page_section *section);
void td_section_data(const td_report_runs *runs, td_page_section *section);
void td_section_losses(const td_report_runs *runs, td_page_section *section);
void td_section_metrics(const td_report_runs *runs, td_page_section *section);
void td_section_systems(const td_report_runs *runs, td_page_section *section);
void td_section_popularity(const td_report_runs *runs, td_page_section *section);
void td_section_groups(const td_report_runs *runs, td_page_section *section);
void td_section_calibration(const td_report_runs *runs, td_page_section *section);
void td_section_norms(const td_report_runs *runs, td_page_section *section);
void td_section_users(const td_report_runs *runs, td_page_section *section);
void td_section_items(const td_report_runs *runs, td_page_section *section);
void td_section_time(const td_report_runs *runs, td_page_section *section);

#endif
