/* tandem inspect: what is in a file or a run, or the checksum of it. */
#include "tandem/inspect.h"

#include "command.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    const char *path;
    int part; /* td_inspect_part */
    bool checksum;
} request;

static const option options[] = {
    ARGUMENT(path, "FILE|DIR", "a data file, checkpoint, metrics file or run folder"),
    OPTION(FLAG, checksum, 'c', "checksum", NULL,
           "only print the checksum: of a checkpoint's parameters and optimizer state, of all "
           "values of another file",
           0, 0, false),
    OPTION(CONSTANT, part, 'm', "metrics", NULL,
           "look at the run's metrics instead of its newest checkpoint", TD_INSPECT_METRICS, 0,
           false),
    {0}};

static td_status print_checksum(td_comm *comm, const request *a)
{
    uint64_t checksum;
    TD_TRY(td_inspect_checksum(comm, a->path, (td_inspect_part)a->part, &checksum));
    if (td_comm_rank(comm) == 0)
        printf("%016" PRIx64 "\n", checksum);
    return TD_OK;
}

static td_status inspect(td_comm *comm, void *context)
{
    const request *a = context;
    return a->checksum ? print_checksum(comm, a)
                       : td_inspect(comm, a->path, (td_inspect_part)a->part, stdout);
}

const command inspect_command = {
    .name = "inspect",
    .does = "what is in a data file, checkpoint, metrics file or run folder",
    .table = {"FILE|DIR", "Shows what is in a data file, checkpoint, metrics file or run folder.",
              options},
    .size = sizeof(request),
    .run = inspect};
