/* Plans of memory of all ranks, as a table, and held against what their machines have.
 */
#ifndef TD_RUN_MEMORY_CHECK_H
#define TD_RUN_MEMORY_CHECK_H

#include "base/memory_plan.h"
#include "base/memory_room.h"
#include "comm/comm.h"

#include <stdbool.h>

/* What this rank needs. */
typedef struct {
    td_memory_plan certain;
    td_memory_plan at_most; /* besides: what depends on what steps bring */
    char largest[128];      /* which tensor is the largest, for the table */
} td_memory_needs;

void td_memory_needs_free(td_memory_needs *needs);

/* Collective. Sets *table to lines of all ranks' needs, by purpose, on every rank, to be freed with
 * td_free, and holds those of each machine, and of each control group, against the room that its
 * ranks have. TD_ERR_LAYOUT where what is certain has none; where only the rest has none, rank 0
 * warns. */
td_status td_memory_check(td_comm *comm, const td_memory_needs *needs, const td_memory_room *room,
                          char **table);

#endif
