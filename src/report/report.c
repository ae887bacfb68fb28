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

/* What is to be measured is chosen for each run: the best checkpoint where one is known. */
static td_status measure(td_comm *comm, const td_report_options *options, td_report_run *run)
{
    char step[32];
    const char *checkpoint = options->checkpoint;
    snprintf(step, sizeof step, "%" PRId64, run->best);
    if (!checkpoint)
        checkpoint = run->best >= 0 ? step : "newest";
    return td_measure_run(comm, options, run->path, checkpoint, &run->measured);
}

static td_status check_places(const td_report_options *options)
{
    TD_TRY(td_page_check_html(options->out));
    return options->csv ? td_page_check_csv(options->csv) : TD_OK;
}

static void title_page(const td_report_runs *runs, td_page *page)
{
    page->title = runs->count == 1
                      ? td_copy_text(runs->run[0].name)
                      : td_print_text("%zu runs: %s, ..", runs->count, runs->run[0].name);
    page->subtitle = td_copy_text(
        "A report by tandem. Every number here is the same on any machine, but for times, speeds "
        "and what tells of the machine.");
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
    for (size_t i = 0; i < runs.count && status == TD_OK && !options->quick; i++)
        status = measure(comm, options, &runs.run[i]);
    if (status == TD_OK && writes)
        status = write_page(&runs);
    status = td_comm_agree(comm, status);
    td_report_runs_free(&runs);
    return status;
}
