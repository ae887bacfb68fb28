/* Lists of strings that go from rank to rank. All functions are Collective. */
#ifndef TD_COMM_STRINGS_H
#define TD_COMM_STRINGS_H

#include "base/str.h"
#include "comm/comm.h"

/* Returns all ranks' strings one after the other, on every rank; the caller frees them with
 * td_strings_free. */
td_strings td_strings_allgatherv(td_comm *comm, const td_strings *mine);

/* Sends strings [send_offsets[r], send_offsets[r + 1]) of mine to rank r and returns what
 * recv_offsets, as td_comm_alltoallv does; the caller frees it with td_strings_free. */
td_strings td_strings_alltoallv(td_comm *comm, const td_strings *mine, const int64_t *send_offsets,
                                int64_t *recv_offsets);

#endif
