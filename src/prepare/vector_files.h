/* Fields of vectors that stand in a .npy beside their table: row i there is that of row i of the
 * table, of all its files one after the other; headers, comments and empty lines are no rows. */
#ifndef TD_PREPARE_VECTOR_FILES_H
#define TD_PREPARE_VECTOR_FILES_H

#include "comm/comm.h"
#include "data/frame.h"
#include "prepare/source.h"

/* Collective. Opens the files of such fields of a table, which they keep, and finds the fields'
 * widths, or checks what the schema says of them. TD_ERR_FILE, TD_ERR_INPUT, TD_ERR_MISMATCH where
 * ranks see different files. */
td_status td_vector_files_find(td_comm *comm, td_source_table *table);

/* Collective. Reads the vectors of a frame's rows: place (rows) ascends and tells which rows of the
 * table they are, of which there are so many in all. A row of NaN alone is missing; TD_ERR_INPUT
 * for other numbers that are not finite, and for another number of rows. */
td_status td_vector_files_read(td_comm *comm, const td_source_table *table, int64_t total,
                               const int64_t *place, td_frame *frame);

#endif
