/* The data: sizes, and the schema's fields, of each data file once. */
#include "report/sections.h"

#include "base/memory.h"
#include "base/utc.h"
#include "report/escape.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>

static void add_sizes(const td_data_info *info, const td_data_origin *origin,
                      td_page_section *section)
{
    char *split = td_isolated(origin->split);
    td_section_text(section, TD_PART_TEXT,
                    "%" PRId64 " users (%" PRId64 " with an id), %" PRId64 " items; %" PRId64
                    " training rows, %" PRId64 " validation, %" PRId64 " test, %" PRId64
                    " given; split by the rule %s.%s%s",
                    info->file_users, info->users, info->items, info->rows[TD_TRAIN],
                    info->rows[TD_VALIDATION], info->rows[TD_TEST], info->rows[TD_GIVEN], split,
                    origin->statistics_of_all ? " Statistics and ids are of test rows, too." : "",
                    origin->has_core ? " A core of users and items left rows out before." : "");
    td_free(split);
}

/* How many of a field's values there could be. */
static int64_t values_of(const td_data_info *info, td_of of)
{
    int64_t rows = 0;
    for (int split = 0; split < TD_SPLITS; split++)
        rows += info->rows[split];
    return of == TD_OF_ROW ? rows : of == TD_OF_USER ? info->file_users : info->items;
}

/* A number of a field: of a time the date. */
static void add_number(const td_schema_field *field, double value, td_page_table *table)
{
    char date[TD_UTC_BYTES];
    const double last = 253402300799; /* of the year 9999 */
    if (field->kind != TD_KIND_TIME || !(value >= 0 && value <= last)) {
        td_table_number(table, value, -6);
        return;
    }
    td_utc_text((int64_t)value, date);
    td_table_text(table, date);
}

static void add_fields(const td_data_info *info, td_page_section *section)
{
    const td_schema *schema = &info->schema;
    static const char *const columns[] = {"field",   "of",         "kind", "role", "vocabulary",
                                          "missing", "of so many", "low",  "mean", "high"};
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
        td_table_number(table, (double)values_of(info, field->of), 0);
        add_number(field, has_summary ? field->summary.low : NAN, table);
        add_number(field, has_summary ? field->summary.mean : NAN, table);
        add_number(field, has_summary ? field->summary.high : NAN, table);
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
            char *problem = td_isolated(run->data.problem);
            td_section_text(section, TD_PART_MISSING, "The data of %s: %s.", run->shown, problem);
            td_free(problem);
            continue;
        }
        if (runs->count > 1)
            td_section_text(section, TD_PART_TEXT, "The data of %s:", run->shown);
        add_sizes(&run->data.info, &run->data.origin, section);
        add_fields(&run->data.info, section);
    }
}
