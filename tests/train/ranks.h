/* Verdicts of tests that several ranks run. */
#ifndef TESTS_TRAIN_RANKS_H
#define TESTS_TRAIN_RANKS_H

#include "comm/comm.h"

#include <criterion/criterion.h>
#include <stdbool.h>

/* Collective. Asserts on every rank or on none: one that fails alone would leave the others
 * waiting. */
static inline void assert_on_all(td_comm *comm, bool holds, const char *what)
{
    td_status worst =
        td_comm_agree(comm, holds ? TD_OK
                                  : td_fail(TD_ERR_INPUT, "rank %d of %d: %s", td_comm_rank(comm),
                                            td_comm_size(comm), what));
    cr_assert_eq(worst, TD_OK, "%s", td_message());
}

#endif
