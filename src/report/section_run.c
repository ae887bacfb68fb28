/* What was run, and by which settings: a column of facts for one run, a row of them for each of
 * several. */
#include "report/sections.h"

#include "base/memory.h"
#include "report/words.h"
#include "store/checksum.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const td_record_start *last_start(const td_report_run *run)
{
    static const td_record_start none = {.time = "",
                                         .hosts = "",
                                         .job = "",
                                         .version = "",
                                         .command = "",
                                         .isa = "",
                                         .user_table = "",
                                         .item_table = ""};
    return run->record.starts > 0 ? &run->record.start[run->record.starts - 1] : &none;
}

static char *state_of(const td_report_run *run)
{
    static const char *const states[] = {
        [TD_RUN_ENDED] = "not in training",
        [TD_RUN_TRAINS] = "in training now",
        [TD_RUN_BROKE] = "its job ended without a last word (owner.json is still there)"};
    if (run->state == TD_RUN_ENDED && last_start(run)->failure)
        return td_copy_text("failed");
    return td_copy_text(states[run->state]);
}

static char *steps_of(const td_report_run *run)
{
    const td_record_curve epochs = td_run_record_curve(&run->record, "epoch/epoch");
    const double done = epochs.count > 0 ? epochs.value[epochs.count - 1] : 0;
    return td_print_text("%" PRId64 " steps, %.0f of %" PRId64 " epochs", td_report_run_steps(run),
                         done, run->config.train_epochs);
}

static char *checkpoints_of(const td_report_run *run)
{
    if (run->checkpoints == 0)
        return td_copy_text("none");
    const int64_t newest = run->checkpoint[run->checkpoints - 1];
    if (run->best < 0)
        return td_print_text("%zu, the newest of step %" PRId64 "; none is known to be the best",
                             run->checkpoints, newest);
    char *by = td_words_rows(&run->best_by);
    char *text =
        td_print_text("%zu, the newest of step %" PRId64 ", the best of step %" PRId64 " by %s",
                      run->checkpoints, newest, run->best, by);
    td_free(by);
    return text;
}

static char *seconds_of(const td_report_run *run)
{
    double seconds = 0;
    for (size_t s = 0; s < run->record.starts; s++)
        seconds += run->record.start[s].seconds;
    return td_words_seconds(seconds);
}

static char *layout_of(const td_report_run *run)
{
    const td_record_start *start = last_start(run);
    if (start->ranks == 0)
        return td_copy_text("");
    return td_print_text("%" PRId64 " %s of %" PRId64 " %s, %s", start->ranks,
                         start->ranks == 1 ? "rank" : "ranks", start->threads,
                         start->threads == 1 ? "thread" : "threads", start->isa);
}

static char *tables_of(const td_report_run *run)
{
    const td_record_start *start = last_start(run);
    char *bytes = td_words_bytes(start->parameter_bytes);
    char *text = start->ranks == 0
                     ? td_copy_text("")
                     : td_print_text("users %s, items %s; at most %s of parameters and optimizer "
                                     "state on a rank",
                                     start->user_table, start->item_table, bytes);
    td_free(bytes);
    return text;
}

static char *starts_of(const td_report_run *run)
{
    return td_print_text("%zu, the last at %s", run->record.starts, last_start(run)->time);
}

static char *origin_of(const td_report_run *run)
{
    if (!run->origin.run.path[0])
        return td_copy_text("");
    return td_print_text("%s, step %" PRId64, run->origin.run.path, run->origin.step);
}

static char *folder_of(const td_report_run *run)
{
    return td_copy_text(run->path);
}

static char *data_of(const td_report_run *run)
{
    return td_copy_text(run->data_path.path);
}

static char *checksum_of(const td_report_run *run)
{
    return td_copy_text(td_checksum_to_text(run->data_checksum).digits);
}

static char *version_of(const td_report_run *run)
{
    return td_copy_text(last_start(run)->version);
}

static char *hosts_of(const td_report_run *run)
{
    return td_copy_text(last_start(run)->hosts);
}

static char *job_of(const td_report_run *run)
{
    return td_copy_text(last_start(run)->job);
}

static char *command_of(const td_report_run *run)
{
    return td_copy_text(last_start(run)->command);
}

static const struct {
    const char *name;
    char *(*text)(const td_report_run *run); /* "" where there is nothing to say */
    bool is_long;                            /* too long for a row among others */
} facts[] = {
    {"folder", folder_of, false},
    {"state", state_of, false},
    {"trained", steps_of, false},
    {"checkpoints", checkpoints_of, false},
    {"time of its steps", seconds_of, false},
    {"starts", starts_of, false},
    {"layout", layout_of, false},
    {"machines", hosts_of, false},
    {"job", job_of, false},
    {"tables", tables_of, true},
    {"began with", origin_of, false},
    {"data", data_of, false},
    {"data's checksum", checksum_of, false},
    {"tandem", version_of, false},
    {"command", command_of, true},
};

enum { FACTS = sizeof facts / sizeof *facts };

/* Whether some run has something to say of it, for which there is room. */
static bool is_told(const td_report_runs *runs, size_t fact)
{
    bool told = false;
    if (facts[fact].is_long && runs->count > 1)
        return false;
    for (size_t r = 0; r < runs->count; r++) {
        char *text = facts[fact].text(&runs->run[r]);
        told = told || *text;
        td_free(text);
    }
    return told;
}

static void add_fact(td_page_table *table, const td_report_run *run, size_t fact)
{
    char *text = facts[fact].text(run);
    td_table_text(table, text);
    td_free(text);
}

static void add_facts_of_one(const td_report_runs *runs, td_page_table *table)
{
    td_table_column(table, "what", false);
    td_table_column(table, "of this run", false);
    for (size_t f = 0; f < FACTS; f++)
        if (is_told(runs, f)) {
            td_table_text(table, facts[f].name);
            add_fact(table, &runs->run[0], f);
        }
}

static void add_facts_of_many(const td_report_runs *runs, td_page_table *table)
{
    td_table_column(table, "run", false);
    for (size_t f = 0; f < FACTS; f++)
        if (is_told(runs, f))
            td_table_column(table, facts[f].name, false);
    for (size_t r = 0; r < runs->count; r++) {
        td_table_text(table, runs->run[r].name);
        for (size_t f = 0; f < FACTS; f++)
            if (is_told(runs, f))
                add_fact(table, &runs->run[r], f);
    }
}

void td_section_run(const td_report_runs *runs, td_page_section *section)
{
    td_page_table *table = td_section_table(section, "facts", "What the run's folder says");
    if (runs->count == 1)
        add_facts_of_one(runs, table);
    else
        add_facts_of_many(runs, table);
    for (size_t r = 0; r < runs->count; r++) {
        const td_report_run *run = &runs->run[r];
        if (run->record.starts == 0)
            td_section_text(section, TD_PART_MISSING,
                            "%s has no log.jsonl that tells of a start: machines and times are not "
                            "known.",
                            run->name);
    }
}
