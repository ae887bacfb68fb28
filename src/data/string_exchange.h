/* Lists of strings that go from rank to rank. All functions are Collective. */
#ifndef TD_DATA_STRING_EXCHANGE_H
#define TD_DATA_STRING_EXCHANGE_H

#include "comm/comm.h"
#include "store/file.h"

/* Returns all ranks' strings one after the other, on every rank; the caller frees them with
 * td_strings_free. */
td_strings td_strings_gather_all(td_comm *comm, const td_strings *mine);

/* Sends strings [starts[r], starts[r + 1]) of mine to rank r and returns what came, as
 * td_comm_exchange does; the caller frees it with td_strings_free. */
td_strings td_strings_exchange(td_comm *comm, const td_strings *mine, const int64_t *starts,
                               int64_t *came);

#endif
