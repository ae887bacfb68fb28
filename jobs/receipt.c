/* tandem receipt: what a run gave, in checksums and values. */
#include "tandem/receipt.h"

#include "command.h"

typedef td_receipt_options request;

static const option options[] = {
    OPTION(ARGUMENT, model.run, 0, "run", "RUN", "RUN, the run folder", 0, 0, true),
    TEXT(model.checkpoint, "checkpoint", "newest|best|STEP", "which one; default: newest"),
    TEXT(model.data, "data", "FILE", "the run's data file, where that has moved"),
    TEXT(split, "split", "SPLIT", "the rows that its metrics are of; default: test"),
    TEXT(out, "out", "FILE", "where it goes; default: standard output"),
    EXECUTION_OPTIONS(model),
    {0}};

static td_status receipt(td_comm *comm, void *context)
{
    return td_receipt_write(comm, context);
}

const command receipt_command = {
    .name = "receipt",
    .does = "write what a run gave, in checksums and values",
    .table =
        {"RUN",
         "Writes a receipt of a run's checkpoint as JSON: the checksums of its data and of its "
         "state, its configuration, its metrics. Whoever has the same data can verify it: "
         "tandem verify.",
         options},
    .size = sizeof(request),
    .run = receipt};
