/* A window on a table whose rows are owned: those of its rows that this rank reads in a step, or in
 * an evaluation, wherever their owners are. */
#ifndef TD_EVAL_TABLE_WINDOW_H
#define TD_EVAL_TABLE_WINDOW_H

#include "comm/row_exchange.h"
#include "model/parameters.h"
#include "model/row_sums.h"

typedef struct {
    td_row_exchange rows;
    td_buffer ids;     /* that are named */
    td_buffer values;  /* of these rows, */
    td_buffer my_rows; /* and of those that this rank gives to others */
} td_table_window;

/* Collective. Makes a window on a table, which each rank holds a range of. Keeps comm by reference.
 * Free it with td_table_window_free. */
void td_table_window_create(td_table_window *window, td_comm *comm, const td_tensor *table);
void td_table_window_free(td_table_window *window);

/* Collective. Brings the rows here that `named` has slots for (it is of all rows of the table), and
 * points the tensor `seen` to them. Their slots become their places among window->rows.ids. The
 * buffers are used again, so that no memory is taken once they have met the most rows. */
void td_table_window_meet(td_table_window *window, const td_tensor *table, td_row_sums *named,
                          td_tensor *seen);

#endif
