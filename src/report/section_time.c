/* Where the time went, as far as log.jsonl tells, and how fast steps were. */
#include "report/sections.h"

#include "base/memory.h"
#include "report/words.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <math.h>

static double sum_of(const td_record_curve *curve)
{
    double sum = 0;
    for (size_t i = 0; i < curve->count; i++)
        sum += curve->value[i];
    return sum;
}

static double last_of(const td_record_curve *curve)
{
    return curve->count > 0 ? curve->value[curve->count - 1] : NAN;
}

/* A row a run: steps, checkpoints, speed, what ranks got from one another. */
static void add_totals(const td_report_runs *runs, td_page_section *section)
{
    static const char *const columns[] = {"run",
                                          "steps",
                                          "seconds of steps",
                                          "checkpoints written",
                                          "seconds of checkpoints",
                                          "examples/s",
                                          "bytes exchanged"};
    td_page_table *table = td_section_table(section, "totals", "Time by run, all starts together");
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t r = 0; r < runs->count; r++) {
        const td_run_record *record = &runs->run[r].record;
        const td_record_curve written = td_run_record_curve(record, "checkpoint/seconds"),
                              speed = td_run_record_curve(record, "step/examples_per_s"),
                              bytes = td_run_record_curve(record, "traffic/bytes");
        double seconds = 0, sum = 0;
        for (size_t s = 0; s < record->starts; s++) {
            seconds += record->start[s].seconds;
            sum += record->start[s].bytes;
        }
        td_table_text(table, runs->run[r].name);
        td_table_number(table, (double)td_report_run_steps(&runs->run[r]), 0);
        td_table_number(table, seconds, 1);
        td_table_number(table, (double)written.count, 0);
        td_table_number(table, sum_of(&written), 1);
        td_table_number(table, last_of(&speed), 0);
        td_table_number(table, bytes.count > 0 ? sum : NAN, 0);
    }
}

/* A row for each start of one run. */
static void add_starts(const td_report_run *run, td_page_section *section)
{
    static const char *const columns[] = {"began", "at step", "ranks",  "threads of a rank",
                                          "hosts", "kernels", "seconds"};
    td_page_table *table = td_section_table(section, "starts", "Starts of tandem train");
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        td_table_column(table, columns[c], false);
    for (size_t s = 0; s < run->record.starts; s++) {
        const td_record_start *start = &run->record.start[s];
        td_table_text(table, start->time);
        td_table_number(table, (double)start->step, 0);
        td_table_number(table, (double)start->ranks, 0);
        td_table_number(table, (double)start->threads, 0);
        td_table_text(table, start->hosts);
        td_table_text(table, start->isa);
        td_table_number(table, start->seconds, 1);
    }
}

/* The first value of a start stands far from the others, and must not flatten them. */
static void add_curve(const td_report_runs *runs, const char *name, const char *title,
                      td_page_section *section)
{
    td_page_plot *plot = td_section_plot(section, title, title, "step", "");
    plot->is_robust = true;
    for (size_t i = 0; i < runs->count; i++) {
        const size_t r = td_run_drawn(runs->count, i);
        const td_record_curve curve = td_run_record_curve(&runs->run[r].record, name);
        td_add_curve(plot, runs->count > 1 ? runs->run[r].name : "", td_color_of_run(r), &curve);
    }
}

void td_section_time(const td_report_runs *runs, td_page_section *section)
{
    td_section_text(section, TD_PART_TEXT,
                    "Seconds of steps are without files and evaluation. Lines of the log that a "
                    "run did again after it was stopped are counted once.");
    add_totals(runs, section);
    if (runs->count == 1)
        add_starts(&runs->run[0], section);
    add_curve(runs, "step/examples_per_s", "examples/s so far", section);
    add_curve(runs, "checkpoint/seconds", "seconds to write a checkpoint", section);
}
