/* The collectives of a training step by rounds over the memory of a node, as comm.h has them; for
 * comm.c, gather.c and exchange.c only. All are Collective. */
#ifndef TD_COMM_ROUNDS_H
#define TD_COMM_ROUNDS_H

#include "comm/node_memory.h"

#include <stddef.h>
#include <stdint.h>

/* into[i] is joined with from[i], as a sum or a maximum of both: in any order the same. */
typedef void td_join(size_t n, const void *from, void *into);

/* Each of n elements of size bytes becomes what those of all ranks are, joined. */
void td_rounds_reduce(td_node_memory *memory, size_t n, size_t size, td_join *join, void *elements);

/* As td_comm_reduce_scatter, of elements of size bytes that are joined. */
void td_rounds_reduce_scatter(td_node_memory *memory, size_t size, const size_t *offsets,
                              td_join *join, void *elements);

/* all (ranks, bytes) = what every rank has at mine; no more than fits a part. */
void td_rounds_allgather(td_node_memory *memory, size_t bytes, const void *mine, void *all);

/* The same of n elements of size bytes, n as each rank has it. The first round sets offsets
 * (ranks + 1), which say how much room all takes; the second function brings all, by further rounds
 * where one was not enough. */
void td_rounds_gather_begin(td_node_memory *memory, size_t n, size_t size, const void *mine,
                            size_t *offsets);
void td_rounds_gather_end(td_node_memory *memory, size_t size, const size_t *offsets,
                          const void *mine, void *all);

/* As td_comm_recv_offsets, and as td_comm_alltoallv_into but for what a rank sends itself. */
void td_rounds_recv_offsets(td_node_memory *memory, const int64_t *send_offsets,
                            int64_t *recv_offsets);
void td_rounds_alltoallv(td_node_memory *memory, size_t size, const void *mine,
                         const int64_t *send_offsets, const int64_t *recv_offsets, void *all);

#endif
