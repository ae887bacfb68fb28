/* What was run, and by which settings: a column of facts for one run, a row of them for each of
 * several. */
#include "report/sections.h"

#include "base/memory.h"
#include "report/escape.h"
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

/* How far training has come, as far as the log tells. */
typedef struct {
    int64_t steps, epochs;   /* that are done; epochs are whole ones */
    bool is_within_an_epoch; /* that is not over */
} progress;

static progress progress_of(const td_report_run *run)
{
    const td_record_curve epochs = td_run_record_curve(&run->record, "epoch/epoch");
    progress p = {.steps = td_report_run_steps(run)};
    if (epochs.count == 0) {
        p.is_within_an_epoch = p.steps > 0;
        return p;
    }
    const double step = epochs.step[epochs.count - 1], epoch = epochs.value[epochs.count - 1];
    p.epochs = (int64_t)epoch;
    p.is_within_an_epoch = p.steps > (int64_t)step;
    return p;
}

/* Of a run that no job trains: how it ended. */
static char *end_of(const td_report_run *run)
{
    const progress p = progress_of(run);
    const td_config *config = &run->config;
    const int64_t last = td_report_run_last_step(run);
    if (last_start(run)->failure)
        return td_copy_text("failed");
    if (run->record.starts == 0)
        return td_copy_text("not in training");
    if (p.epochs >= config->train_epochs || (last > 0 && p.steps >= last))
        return td_copy_text("finished");
    if (config->train_patience > 0 &&
        td_checkpoints_best_so_far(config, &run->metrics, TD_VALIDATION).since_best >=
            config->train_patience)
        return td_print_text("finished after epoch %" PRId64 ": nothing was better for %" PRId64
                             " evaluations (train.patience)",
                             p.epochs, config->train_patience);
    return td_print_text("stopped at epoch %" PRId64 " of %" PRId64
                         "; tandem train --resume goes on",
                         p.epochs + p.is_within_an_epoch, config->train_epochs);
}

/* Of a run that trains: with the time that its steps take yet, as fast as those of this start. */
static char *now_of(const td_report_run *run)
{
    const progress p = progress_of(run);
    const td_record_start *start = last_start(run);
    const int64_t left = td_report_run_last_step(run) - p.steps, done = p.steps - start->step;
    if (left <= 0 || done <= 0 || !(start->seconds > 0))
        return td_copy_text("in training now");
    char *seconds = td_words_seconds(start->seconds / (double)done * (double)left);
    char *text =
        td_print_text("in training now, at epoch %" PRId64 " of %" PRId64 "; %s of steps are left",
                      p.epochs + 1, run->config.train_epochs, seconds);
    td_free(seconds);
    return text;
}

static char *state_of(const td_report_run *run)
{
    if (run->state == TD_RUN_BROKE)
        return td_copy_text("its job ended without a last word (owner.json is still there)");
    return run->state == TD_RUN_TRAINS ? now_of(run) : end_of(run);
}

static char *steps_of(const td_report_run *run)
{
    const progress p = progress_of(run);
    return td_print_text("%" PRId64 " %s, %" PRId64 " of %" PRId64 " %s", p.steps,
                         p.steps == 1 ? "step" : "steps", p.epochs, run->config.train_epochs,
                         run->config.train_epochs == 1 ? "epoch" : "epochs");
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
    char *shown = td_isolated(run->origin.run.path);
    char *text = td_print_text("%s, step %" PRId64, shown, run->origin.step);
    td_free(shown);
    return text;
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
                            run->shown);
    }
}
