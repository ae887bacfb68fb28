/* The last rows of a sort over all ranks, without the sort. */
#ifndef TD_PREPARE_LAST_ROWS_H
#define TD_PREPARE_LAST_ROWS_H

#include "comm/comm.h"

#include <stdbool.h>
#include <stdint.h>

/* The order: by word 0 of the row at a place, then by the next ones. No two rows are equal in all.
 */
typedef struct {
    int words;
    uint64_t (*word)(const void *context, int word, int64_t place);
    const void *context;
} td_row_sort;

/* Collective. Each rank has the rows at places from 0 to count. Of those that are in, leaves those
 * in that are among the last of all ranks'; last is at most how many are in. */
void td_last_rows(td_comm *comm, const td_row_sort *sort, int64_t last, int64_t count, bool *is_in);

#endif
