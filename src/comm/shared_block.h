/* A block of memory that the ranks of one node see at once; for shared_memory.c and node_memory.c
 * only.
 */
#ifndef TD_COMM_SHARED_BLOCK_H
#define TD_COMM_SHARED_BLOCK_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    void *at; /* a page */
    size_t bytes;
} td_shared_block;

/* Collective over mpi, whose ranks must be on one node. Makes a block of zeros; false, on every
 * rank, where the system has none for all of them, or TANDEM_SHARED_MEMORY is "off" on any: it is
 * for tests of what ranks of several nodes do. Free it on every rank. */
bool td_shared_block_create(MPI_Comm mpi, size_t bytes, td_shared_block *block);
void td_shared_block_free(td_shared_block *block);

#endif
