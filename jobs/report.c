/* tandem report: runs as one page of HTML. */
#include "tandem/report.h"

#include "command.h"

#include <stdio.h>

typedef struct {
    text_list runs, set;
    td_report_options options;
} request;

static const option options[] = {
    OPTION(ARGUMENTS, runs, 0, "run", "RUN...", "a run folder, of tandem train", 0, 0, true),
    TEXT(options.out, "out", "FILE", "where the page goes; default: report.html"),
    TEXT(options.csv, "csv", "FOLDER", "where its tables and curves go, too, as CSV files"),
    TEXT(options.checkpoint, "checkpoint", "newest|best|STEP",
         "which one is measured; default: the best by the run's metrics, or else the newest"),
    TEXT(options.split, "split", "SPLIT",
         "the rows that are asked; default: test, or validation where there are no test rows"),
    TEXTS(set, "set", "KEY=VALUE",
          "set a key eval.*, baseline.* or placement.* of the runs' configurations; may be "
          "repeated"),
    FLAG(options.quick, "quick", "measure nothing: only what the runs' files say"),
    TEXT(options.data, "data", "FILE", "the runs' data file, where that has moved"),
    EXECUTION_OPTIONS(options),
    {0}};

static void start(void *context)
{
    request *a = context;
    a->options.out = "report.html";
}

static td_status report(td_comm *comm, void *context)
{
    request *a = context;
    a->options.runs = a->runs.count;
    a->options.run = a->runs.text;
    a->options.set = a->set.text;
    TD_TRY(td_report(comm, &a->options));
    if (td_comm_rank(comm) == 0)
        printf("wrote %s\n", a->options.out);
    return TD_OK;
}

const command report_command = {
    .name = "report",
    .does = "show runs as one page of HTML",
    .table = {"RUN...",
              "Writes a report of a run, or of several beside one another: what was run, how good "
              "it is, curves, where the time went. The page needs no network and no other file; "
              "gnuplot draws its pictures.",
              options},
    .size = sizeof(request),
    .start = start,
    .run = report};
