/* tandem verify: trains by a receipt, and says whether every bit is the same. */
#include "base/visible.h"
#include "command.h"
#include "tandem/receipt.h"
#include "training.h"

#include <stdio.h>

typedef struct {
    td_verify_options options;
    int stopped;
    size_t differing;
} request;

static const option options[] = {
    ARGUMENT(options.receipt, "RECEIPT", "RECEIPT, a file of tandem receipt"),
    NEEDED(options.data, "data", "FILE", "the data file, prepared of the same input"),
    NEEDED(options.run, "run", "DIR", "the folder of a new run, which is trained here"),
    FLAG(options.resume, "resume", "go on from the newest checkpoint of that run"),
    EXECUTION_OPTIONS(options),
    {0}};

/* The lines that differ, and how many are the same. */
static void print_report(const td_verify_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const td_verified *line = &report->line[i];
        if (line->is_same)
            continue;
        printf("differs     ");
        td_print_visible(stdout, line->what);
        printf(": ");
        td_print_visible(stdout, line->told);
        printf(" by the receipt, ");
        td_print_visible(stdout, line->here);
        printf(" here\n");
    }
    printf("the same    %zu of %zu%s: data, state and metrics, to the bit\n",
           report->count - report->differing, report->count,
           report->differing > 0 ? ", not all" : "");
}

static td_status verify(td_comm *comm, void *context)
{
    request *a = context;
    td_verify_report report;
    const td_status status = td_receipt_verify(comm, &a->options, &report);
    a->stopped = report.stopped;
    a->differing = report.differing;
    if (status == TD_OK && !report.stopped && td_comm_rank(comm) == 0)
        print_report(&report);
    td_verify_report_free(&report);
    return status;
}

static int exit_status(const void *context)
{
    const request *a = context;
    if (a->differing > 0)
        return EXIT_FAILED;
    return exit_status_of(a->stopped);
}

const command verify_command = {
    .name = "verify",
    .does = "train by a receipt, and compare every bit",
    .table = {"RECEIPT",
              "Trains a new run by a receipt's configuration, as many steps as it says, on "
              "whatever this machine is, and compares state and metrics with what the receipt "
              "tells. The exit status is 0 if every bit is the same.",
              options},
    .size = sizeof(request),
    .catches_signals = true,
    .run = verify,
    .exit_status = exit_status};
