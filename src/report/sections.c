/* The table, and who makes what of it. */
#include "report/sections.h"

static const td_report_section sections[] = {
    {"run", "What was run", NULL, td_section_run},
    {"settings", "Settings", NULL, td_section_settings},
    {"systems", "How good it is", NULL, td_section_systems},
    {"losses", "Losses", NULL, td_section_losses},
    {"metrics", "Metrics while it trained", NULL, td_section_metrics},
    {"time", "Where the time went", NULL, td_section_time},
    {"data", "Data", NULL, td_section_data},
};

void td_report_sections_add(const td_report_runs *runs, td_page *page)
{
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        if (!sections[s].has || sections[s].has(runs))
            sections[s].make(runs, td_page_add(page, sections[s].name, sections[s].title));
}
