/* Any table of a source as a frame: of interactions, users or items. */
#ifndef TD_PREPARE_READER_H
#define TD_PREPARE_READER_H

#include "comm/comm.h"
#include "data/frame.h"
#include "data/vocabulary.h"
#include "prepare/source.h"
#include "text/table.h"

#include <stdbool.h>
#include <stdint.h>

/* The field that names users or items in their own table: categories of a name that no schema has.
 */
#define TD_FIELD_KEY ".key"

/* What was read. Categories are numbers in their vocabulary, in order of arrival, or hashes; a text
 * of items is its bytes as they are in the file, to be made tokens, any other one its tokens. */
typedef struct {
    const td_source_table *table;
    size_t keys;           /* 1 in a side table, whose first field is TD_FIELD_KEY; else 0 */
    td_frame frame;        /* the key, if there is one, then the table's fields, in its order */
    td_vocabulary **names; /* (keys + table->count) of a field's categories; NULL for other kinds,
                              for known names and for hashes */
    int64_t total;         /* rows of all ranks */
    int64_t first;         /* number of this rank's first row */
    int64_t held_out[2];   /* this rank's rows from which on they are of files for validation, and
                              for testing; 0 where all files are for training */
} td_records;

/* What a row must agree with. Each may be NULL. */
typedef struct {
    bool users_may_miss;              /* a row without one has the number 0 */
    const td_vocabulary *known_items; /* others are bad, and values are their numbers there */

    /* Judges a line's cells, by the form's columns, that are good otherwise: the last to be asked
     * before they are kept, unless it says that they are not. */
    td_status (*judge)(void *context, const td_line *line, const td_str *cells, bool *is_kept);
    void *context;
} td_row_judge;

/* Collective. Every rank reads all of the table of rows, users or items. TD_ERR_FILE, TD_ERR_INPUT,
 * TD_ERR_MISMATCH where ranks see different files. The caller frees records with td_records_free,
 * also after a failure. */
td_status td_records_read_whole(td_comm *comm, const td_source *source, td_of of,
                                const td_row_judge *judge, td_bad_lines *bad, td_records *records);

/* Collective. Each rank reads its part of the file. The first line of all that is wrong, and no
 * more may be left out, is TD_ERR_INPUT, with the same message for any number of ranks. */
td_status td_records_read(td_comm *comm, const td_source *source, td_of of,
                          const td_row_judge *judge, td_bad_lines *bad, td_records *records);

/* Local. The same of rows that no file of the source has: their cells (rows, form.columns), and
 * where they are from (rows). */
td_status td_records_of_cells(const td_source *source, td_of of, int64_t rows, const td_line *lines,
                              const td_str *cells, td_records *records);

/* Local. The vocabulary of a field of the frame, to which none was added or removed yet; it becomes
 * the caller's. */
td_vocabulary *td_records_take_names(td_records *records, const char *field);

/* Local. Gives it back, or another one. */
void td_records_give_names(td_records *records, const char *field, td_vocabulary *names);

void td_records_free(td_records *records);

#endif
