/* Reads, measures, makes a page of it, and writes that: rank 0 alone does the last two. */
#include "tandem/report.h"

#include "base/log.h"
#include "base/memory.h"
#include "report/page_csv.h"
#include "report/page_html.h"
#include "report/sections.h"
#include "tandem/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Whether two runs are of the same data. */
static bool are_of_same_data(const td_report_run *a, const td_report_run *b)
{
    return a->data_checksum == b->data_checksum;
}

/* C: which checkpoint is chosen for each run: the best one where it is known. */
static td_status measure_run(td_comm *comm, const td_report_runs *runs, td_report_run *run)
{
    char step[32];
    const td_report_options *options = runs->options;
    const td_report_run *first = &runs->run[0];
    const char *checkpoint = options->checkpoint;
    snprintf(step, sizeof step, "%" PRId64, run->best);
    if (!checkpoint)
        checkpoint = run->best >= 0 ? step : "newest";
    const td_to_measure asked = {
        .run = run->path,
        .checkpoint = checkpoint,
        .seed = first->config.train_seed,
        .with_lists = run->has_retrieval,
        .with_examples = options->runs == 1 && run->has_retrieval,
        .first = run != first && are_of_same_data(run, first) ? &first->measured : NULL};
    return td_measure_run(comm, options, &asked, &run->measured);
}

/* Returns a run's difference of the same metric; NULL if it has none. */
static td_metric_difference *find_difference(const td_report_run *run,
                                             const td_metric_difference *like)
{
    for (size_t d = 0; d < run->measured.differences; d++) {
        td_metric_difference *found = &run->measured.difference[d];
        if (strcmp(found->metric, like->metric) == 0 && found->k == like->k &&
            strcmp(found->task ? found->task : "", like->task ? like->task : "") == 0)
            return found;
    }
    return NULL;
}

/* L: p of a metric's differences of all runs, by Holm's correction over them. */
static void correct_metric(const td_report_runs *runs, const td_metric_difference *of)
{
    const td_metric_difference like = *of;
    td_metric_difference *same = TD_NEW(td_metric_difference, runs->count);
    size_t n = 0, corrected = 0;
    for (size_t r = 0; r < runs->count; r++) {
        const td_metric_difference *found = find_difference(&runs->run[r], &like);
        if (found)
            same[n++] = *found;
    }
    td_differences_correct(n, same);
    for (size_t r = 0; r < runs->count; r++) {
        td_metric_difference *found = find_difference(&runs->run[r], &like);
        if (found)
            found->p = same[corrected++].p;
    }
    td_free(same);
}

/* L: each metric once, with the first run that has it. */
static void correct_differences(const td_report_runs *runs)
{
    for (size_t r = 0; r < runs->count; r++)
        for (size_t d = 0; d < runs->run[r].measured.differences; d++) {
            const td_metric_difference *of = &runs->run[r].measured.difference[d];
            bool was_met = false;
            for (size_t before = 0; before < r; before++)
                was_met = was_met || find_difference(&runs->run[before], of);
            if (!was_met)
                correct_metric(runs, of);
        }
}

/* C: what users add is kept of the first run alone, with which all others are compared. */
static td_status measure(td_comm *comm, td_report_runs *runs)
{
    for (size_t r = 0; r < runs->count; r++) {
        td_report_run *run = &runs->run[r];
        const td_report_run *first = &runs->run[0];
        TD_TRY(measure_run(comm, runs, run));
        if (r == 0)
            continue;
        if (are_of_same_data(run, first) && td_measured_are_alike(&run->measured, &first->measured))
            td_measured_compare(comm, &first->measured, &run->measured);
        td_measured_forget_users(&run->measured);
    }
    correct_differences(runs);
    return TD_OK;
}

static td_status check_places(const td_report_options *options)
{
    TD_TRY(td_page_check_html(options->out));
    return options->csv ? td_page_check_csv(options->csv) : TD_OK;
}

/* "3 runs: a, b, c"; of more than four the first three, and how many others. */
static char *title_of_many(const td_report_runs *runs)
{
    enum { NAMED = 4 };
    const size_t named = runs->count <= NAMED ? runs->count : NAMED - 1;
    char *text;
    size_t size;
    FILE *stream = td_text_writer(&text, &size);
    fprintf(stream, "%zu runs: ", runs->count);
    for (size_t r = 0; r < named; r++)
        fprintf(stream, "%s%s", r > 0 ? ", " : "", runs->run[r].shown);
    if (named < runs->count)
        fprintf(stream, " and %zu others", runs->count - named);
    td_text_writer_close(stream);
    return text;
}

static void title_page(const td_report_runs *runs, td_page *page)
{
    page->title = runs->count == 1 ? td_copy_text(runs->run[0].name) : title_of_many(runs);
    page->subtitle = td_copy_text(
        "A report by tandem. Every number here is the same on any machine, but for times, speeds, "
        "what tells of the machine, and what OpenBLAS computes (ease, math.kernels: openblas).");
}

/* L: on rank 0. */
static td_status write_page(const td_report_runs *runs)
{
    const td_report_options *options = runs->options;
    td_page page = {.title = NULL};
    title_page(runs, &page);
    td_report_sections_add(runs, &page);
    td_status status = options->csv ? td_page_write_csv(&page, options->csv) : TD_OK;
    if (status == TD_OK)
        status = td_page_write_html(&page, options->out);
    td_page_free(&page);
    return status;
}

td_status td_report(td_comm *comm, const td_report_options *options)
{
    const bool writes = td_comm_rank(comm) == 0;
    td_report_runs runs;
    TD_TRY(td_comm_agree(comm, writes ? check_places(options) : TD_OK));
    td_status status = td_report_runs_read(comm, options, &runs);
    if (status == TD_OK && !options->quick)
        status = measure(comm, &runs);
    if (status == TD_OK && writes)
        status = write_page(&runs);
    status = td_comm_agree(comm, status);
    td_report_runs_free(&runs);
    return status;
}
