/* Checksums of datasets that files carry with them: attribute "checksum" of a dataset, 16
 * hexadecimal digits.
 *
 * It is the sum modulo 2^64, over the rows, of XXH3-64 of the row's bytes with the row's number as
 * seed. So it is the same however ranks cut the rows, each rank needs its own rows only, and rows
 * that changed places are seen.
 */
#ifndef TD_STORE_ROW_CHECKSUM_H
#define TD_STORE_ROW_CHECKSUM_H

#include "store/file.h"

/* Local. The part of the rows [first, first + rows), which values holds, in that sum. */
uint64_t td_rows_checksum(td_shape shape, int64_t first, int64_t rows, const void *values);

/* Collective. Makes a dataset as td_file_make does, with the checksum of the rows that the ranks
 * are going to write: each gives its own. Taken from memory, it also tells of what was written
 * wrong. */
td_status td_file_make_checked(td_file *file, const char *name, td_shape shape, int64_t first,
                               int64_t rows, const void *values);

/* Collective. Tells whether the rows that were read, each by exactly one rank, are those that the
 * dataset's checksum is of; TD_ERR_FORMAT if not, or if it has none. */
td_status td_file_check_rows(td_file *file, const char *name, td_shape shape, int64_t first,
                             int64_t rows, const void *values);

/* Collective. Reads every dataset of the file, each rank its share, and checks it likewise. */
td_status td_file_check(td_file *file);

#endif
