/* Rows of a table, met by ranks that do not own them.
 *
 * The rows of a table are cut among the ranks: rank r owns rows [owners[r], owners[r + 1]). In a
 * step every rank meets some of them. Their ids go to the owners, the rows come back, and exact
 * sums of what was met return to the owners, each row's over all ranks. What the rows are, and how
 * often they are met, is not known here.
 *
 * Where all ranks meet the same rows, and know it (all_alike), ids need not be sent, and rows and
 * sums travel by allgatherv and reduce_scatter.
 */
#ifndef TD_COMM_ROW_EXCHANGE_H
#define TD_COMM_ROW_EXCHANGE_H

#include "base/memory.h"
#include "comm/comm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    td_comm *comm;
    int64_t table_rows;
    bool all_alike;
    int64_t *owners; /* (size + 1) */

    /* What this rank meets. */
    size_t count;
    int32_t *ids;          /* (count), distinct, ascending */
    int64_t *send_offsets; /* (size + 1): rank r owns ids [send_offsets[r], send_offsets[r + 1]) */

    /* What any rank meets of the rows that this rank owns. */
    size_t my_count;
    const int32_t *my_ids; /* (my_count), distinct, ascending */
    int64_t *recv_offsets; /* (size + 1): rank r meets asked[recv_offsets[r]] and those up to */
    const int32_t *asked;  /* recv_offsets[r + 1], as places in my_ids; none where all are alike */

    size_t capacity;     /* ids there is room for */
    size_t my_capacity;  /* my_ids, likewise */
    int32_t *own_ids;    /* (my_capacity), of which my_ids are made; NULL where all are alike */
    int32_t *place_of;   /* (table_rows), -1 between uses */
    size_t *elements;    /* (size + 1): send_offsets in floats or sums */
    td_buffer asked_ids; /* memory of asked, */
    td_buffer messages;  /* and of rows and sums on their way */
} td_row_exchange;

/* Local. Makes room for meetings of at most capacity rows here, and of at most my_capacity of the
 * rows that this rank owns. owners (size + 1) is copied. Keeps comm by reference. Free with
 * td_row_exchange_free. */
void td_row_exchange_create(td_row_exchange *exchange, td_comm *comm, int64_t table_rows,
                            const int64_t *owners, bool all_alike, size_t capacity,
                            size_t my_capacity);
void td_row_exchange_free(td_row_exchange *exchange);

/* Collective, but Local where all are alike. This rank meets the rows of n ids, in any order and
 * repeated or not, which become their places in exchange->ids. */
void td_row_exchange_meet(td_row_exchange *exchange, size_t n, int32_t *ids);

/* Local. Where this rank's own rows begin among those that it meets, if all are alike. */
size_t td_row_exchange_my_first(const td_row_exchange *exchange);

/* Collective. From the owners' rows, my_rows (my_count, width), those that this rank meets: rows
 * (count, width). Where all are alike my_rows may be their place in rows. */
void td_row_exchange_spread(td_row_exchange *exchange, size_t width, const float *my_rows,
                            float *rows);

/* Collective. From the sums of what every rank meets, sums (count, width), those over all ranks of
 * what this rank owns: my_sums (my_count, width). What sums holds is then worthless, but for
 * my_sums, which may be their place in it where all are alike. */
void td_row_exchange_reduce(td_row_exchange *exchange, size_t width, td_exact *sums,
                            td_exact *my_sums);

#endif
