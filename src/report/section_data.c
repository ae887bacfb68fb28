/* The data: sizes, and the schema's fields, of each data file once. */
#include "report/sections.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>

static void add_sizes(const td_data_info *info, const td_data_origin *origin,
                      td_page_section *section)
{
    td_section_text(section, TD_PART_TEXT,
                    "%" PRId64 " users (%" PRId64 " with an id), %" PRId64 " items; %" PRId64
                    " training rows, %" PRId64 " validation, %" PRId64 " test, %" PRId64
                    " given; split by the rule %s.%s%s",
                    info->file_users, info->users, info->items, info->rows[TD_TRAIN],
                    info->rows[TD_VALIDATION], info->rows[TD_TEST], info->rows[TD_GIVEN],
                    origin->split,
                    origin->statistics_of_all ? " Statistics and ids are of test rows, too." : "",
                    origin->has_core ? " A core of users and items left rows out before." : "");
}

static void add_fields(const td_schema *schema, td_page_section *section)
{
    static const char *const columns[] = {"field",   "of",  "kind", "role", "vocabulary",
                                          "missing", "low", "mean", "high"};
    td_page_table *table = td_section_table(section, "fields", "Fields");
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t i = 0; i < schema->count; i++) {
        const td_schema_field *field = &schema->fields[i];
        const bool has_summary = field->summary.count > 0;
        td_table_text(table, field->name);
        td_table_text(table, td_of_name(field->of));
        td_table_text(table, td_kind_name(field->kind));
        td_table_text(table, td_role_name(field->role));
        td_table_number(table, field->vocabulary > 0 ? (double)field->vocabulary : NAN, 0);
        td_table_number(table, (double)field->missing, 0);
        td_table_number(table, has_summary ? field->summary.low : NAN, -6);
        td_table_number(table, has_summary ? field->summary.mean : NAN, -6);
        td_table_number(table, has_summary ? field->summary.high : NAN, -6);
    }
}

void td_section_data(const td_report_runs *runs, td_page_section *section)
{
    for (size_t r = 0; r < runs->count; r++) {
        const td_report_run *run = &runs->run[r];
        bool was_shown = false;
        for (size_t before = 0; before < r; before++)
            was_shown = was_shown || runs->run[before].data_checksum == run->data_checksum;
        if (was_shown)
            continue;
        if (run->data.problem) {
            td_section_text(section, TD_PART_MISSING, "The data of %s: %s.", run->name,
                            run->data.problem);
            continue;
        }
        if (runs->count > 1)
            td_section_text(section, TD_PART_TEXT, "The data of %s:", run->name);
        add_sizes(&run->data.info, &run->data.origin, section);
        add_fields(&run->data.info.schema, section);
    }
}
