/* Memory that the ranks of one node share, and where they meet over it.
 *
 * In a round each rank puts bytes into a part of its own; all meet; then each reads the parts of
 * the others. A rank that has to wait looks for a moment whether the others are there, where a
 * core is left for that by those that are not, and then sleeps until the last one wakes it: its
 * core is free for those that work, ranks of this job or of another.
 *
 *     memcpy(td_node_memory_mine(m), data, bytes);   at most td_node_memory_room(m)
 *     td_node_memory_meet(m);
 *     .. td_node_memory_part(m, r) ..                until this rank meets the others again
 */
#ifndef TD_COMM_NODE_MEMORY_H
#define TD_COMM_NODE_MEMORY_H

#include <mpi.h>
#include <stddef.h>

typedef struct td_node_memory td_node_memory;

/* Collective over mpi, whose ranks are on one node and may use so many cores together. Returns
 * NULL, on every rank, where it is a rank alone, or where they have no such memory
 * (comm/shared_block.h): then messages do. Free it on every rank. */
td_node_memory *td_node_memory_create(MPI_Comm mpi, int cores);
void td_node_memory_free(td_node_memory *memory);

/* Local. This rank among those of mpi, and how many they are. */
int td_node_memory_rank(const td_node_memory *memory);
int td_node_memory_size(const td_node_memory *memory);

/* Local. Bytes of a part: the same on every rank, a multiple of 64. */
size_t td_node_memory_room(const td_node_memory *memory);

/* Local. This rank's part of the next round, aligned to 64 bytes; what it holds is not defined. */
void *td_node_memory_mine(td_node_memory *memory);

/* Collective. Ends a round. */
void td_node_memory_meet(td_node_memory *memory);

/* Local. The part of a rank, of the last round. */
const void *td_node_memory_part(const td_node_memory *memory, int rank);

#endif
