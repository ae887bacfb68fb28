/* The table, and who makes what of it. */
#include "report/sections.h"

static bool is_one(const td_report_runs *runs)
{
    return runs->count == 1;
}

/* Where what differs comes first. */
static bool is_many(const td_report_runs *runs)
{
    return runs->count > 1;
}

static const td_report_section sections[] = {
    {"warnings", "What to look at", NULL, td_section_warnings},
    {"settings", "Settings", is_many, td_section_settings},
    {"systems", "How good it is", NULL, td_section_systems},
    {"run", "What was run", is_one, td_section_run},
    {"settings", "Settings", is_one, td_section_settings},
    {"losses", "Losses", NULL, td_section_losses},
    {"metrics", "Metrics while it trained", NULL, td_section_metrics},
    {"groups", "For whom, and for what", td_section_has_measures, td_section_groups},
    {"popularity", "What lists are made of", td_section_has_measures, td_section_popularity},
    {"users", "Ten users", td_section_is_of_one, td_section_users},
    {"items", "Ten items", td_section_is_of_one, td_section_items},
    {"calibration", "Whether predictions are right", td_section_has_heads, td_section_calibration},
    {"norms", "Parameters", td_section_is_of_one, td_section_norms},
    {"run", "What was run", is_many, td_section_run},
    {"time", "Where the time went", NULL, td_section_time},
    {"data", "Data", NULL, td_section_data},
};

void td_report_sections_add(const td_report_runs *runs, td_page *page)
{
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        if (!sections[s].has || sections[s].has(runs))
            sections[s].make(runs, td_page_add(page, sections[s].name, sections[s].title));
}
