/* Things put in the order in which td_comm_alltoallv sends them: by the rank that each goes to, and
 * those of one rank as they were. All functions are Local. */
#ifndef TD_COMM_PARTITION_H
#define TD_COMM_PARTITION_H

#include <stddef.h>
#include <stdint.h>

/* Returns where each rank's begin (ranks + 1), where to[i] is the rank that thing i goes to; the
 * caller frees it. */
int64_t *td_partition_offsets(int ranks, int64_t count, const int32_t *to);

/* Returns a copy of values, offsets[ranks] elements of size bytes, in this order; the caller frees
 * it. */
void *td_partition(int ranks, const int64_t *offsets, const int32_t *to, size_t size,
                   const void *values);

/* The same, in sorted, which is room for as many. */
void td_partition_into(int ranks, const int64_t *offsets, const int32_t *to, size_t size,
                       const void *values, void *sorted);

#endif
