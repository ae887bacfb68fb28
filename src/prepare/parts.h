/* The parts in which the ranks read one table.
 *
 * A plain file is cut into as many ranges of bytes as there are ranks, and a line belongs to the
 * range that has its first byte. A packed one can only be read from its start: rank 0 has all of
 * its lines, and the others none.
 */
#ifndef TD_PREPARE_PARTS_H
#define TD_PREPARE_PARTS_H

#include "comm/comm.h"
#include "text/table.h"

#include <stdint.h>

typedef struct {
    int64_t begin, end; /* bytes of the file; equal ones have no line */
    int64_t ends;       /* line ends before begin, so that a line knows its number */
    int64_t lines;      /* no more of them begin in the part; 0 if that is not known */
} td_part;

/* Collective. Opens a table on every rank and finds this rank's part. Line by line the parts read
 * as the whole does, if at most bad_lines bad ones may be left out. TD_ERR_FILE and TD_ERR_INPUT as
 * td_table_open. Close the table with td_table_close; it is NULL after a failure. */
td_status td_part_open(td_comm *comm, const td_table_form *form, int64_t bad_lines,
                       td_table **table, td_part *part);

/* Local. Makes the part's first line the next one, also a second time. */
td_status td_part_begin(td_table *table, const td_part *part);

#endif
