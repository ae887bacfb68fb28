/* Included before every file that clang-tidy reads, and by nothing else: what the analyzer cannot
 * see from one file. td_comm_agree makes no rank's failure a success. */
#ifndef TD_SCRIPTS_TIDY_H
#define TD_SCRIPTS_TIDY_H

#include "tandem/comm.h"

static inline td_status td_tidy_agreed(td_status worst, td_status mine)
{
    return mine != TD_OK && worst == TD_OK ? mine : worst;
}

#define td_comm_agree(comm, status) td_tidy_agreed(td_comm_agree((comm), (status)), (status))

#endif
