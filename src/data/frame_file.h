/* Tables in files: the fields of a frame below a group, each a dataset of its name, or, if it is a
 * list, name/offsets and name/values (name/bytes of texts). Collective all; TD_ERR_FORMAT for what
 * contradicts itself, with the file and the dataset. */
#ifndef TD_DATA_FRAME_FILE_H
#define TD_DATA_FRAME_FILE_H

#include "base/range.h"
#include "data/frame.h"
#include "store/file.h"
#include "tandem/status.h"

#include <stdint.h>

/* A table that is written by all ranks: each has rows for two runs of it, in rank order. */
typedef struct {
    const char *group;
    int64_t rows;         /* of all ranks */
    td_range run[2];      /* where this rank's come, those of run[1] after those of run[0] */
    const int64_t *order; /* they are rows order[0].. of the fields; NULL: as they are */
    size_t fields;
    const td_field *field; /* one without values has offsets only, and is a dataset of its name */
} td_file_table;

/* Makes the datasets of a table, and writes them: field by field, in blocks, so that no second copy
 * of a field is needed. All tables of a file are made before the first is written. */
td_status td_file_table_make(td_file *file, const td_file_table *table);
td_status td_file_table_write(td_file *file, const td_file_table *table);

/* Tells whether the file has the fields of frame below group, for so many rows. */
td_status td_frame_check(td_file *file, const char *group, const td_frame *frame, int64_t rows);

/* Reads the fields of frame, which has no rows yet: this rank's own choice of a table's rows. */
td_status td_frame_read(td_file *file, const char *group, int64_t table_rows, td_range rows,
                        td_frame *frame);

/* Reads the offsets that stand in dataset name, of this rank's own choice of a table's rows, into
 * total things: rows.count + 1, or, for no row, a single 0. Where the first of them begins comes to
 * *begin, from which offsets count. The caller frees them. */
td_status td_offsets_read(td_file *file, const char *name, int64_t table_rows, td_range rows,
                          int64_t total, int64_t *begin, int64_t **offsets);

/* Local. Checks count offsets of so many rows from place first on: they must rise from before, and
 * reach from 0 at the first place to total at the last. */
td_status td_offsets_check(const td_file *file, const char *name, int64_t table_rows, int64_t first,
                           int64_t count, const int64_t *offsets, int64_t before, int64_t total);

#endif
