/* The table, and who makes what of it. */
#include "report/sections.h"

static const td_report_section sections[] = {
    {"warnings", "What to look at", NULL, td_section_warnings},
    {"systems", "How good it is", NULL, td_section_systems},
    {"run", "What was run", NULL, td_section_run},
    {"settings", "Settings", NULL, td_section_settings},
    {"losses", "Losses", NULL, td_section_losses},
    {"metrics", "Metrics while it trained", NULL, td_section_metrics},
    {"groups", "For whom, and for what", td_section_has_measures, td_section_groups},
    {"popularity", "What lists are made of", td_section_has_measures, td_section_popularity},
    {"users", "Ten users", td_section_is_of_one, td_section_users},
    {"items", "Ten items", td_section_is_of_one, td_section_items},
    {"calibration", "Whether predictions are right", td_section_has_heads, td_section_calibration},
    {"norms", "Parameters", td_section_is_of_one, td_section_norms},
    {"time", "Where the time went", NULL, td_section_time},
    {"data", "Data", NULL, td_section_data},
};

void td_report_sections_add(const td_report_runs *runs, td_page *page)
{
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        if (!sections[s].has || sections[s].has(runs))
            sections[s].make(runs, td_page_add(page, sections[s].name, sections[s].title));
}
