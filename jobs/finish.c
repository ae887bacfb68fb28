/* The one way out of a subcommand that has started the ranks. */
#include "jobs.h"

#include "base/log.h"

int finish(td_comm *comm, td_status status)
{
    status = td_comm_agree(comm, status);
    if (status != TD_OK)
        td_log("error: %s", td_message());
    td_comm_stop(comm);
    if (status == TD_OK)
        return EXIT_DONE;
    return status == TD_ERR_USAGE ? EXIT_WRONG_USAGE : EXIT_FAILED;
}
