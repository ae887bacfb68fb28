/* The checksum of a file's values: the same for the same numbers, however ranks cut the rows and
 * whatever else the file holds.
 *
 * The values of a dataset, little-endian and row-major, are cut into blocks of 64 KiB; XXH3-64 of
 * each block; XXH3-64 of those digests in order is the dataset's digest. The checksum is XXH3-64
 * over, for every dataset in byte order of its full name, the name's bytes and the digest
 * (8 bytes, little-endian).
 *
 * Datasets that carry a checksum with them have it as attribute "checksum", 16 hexadecimal digits:
 * the sum modulo 2^64, over the rows, of XXH3-64 of the row's bytes with the row's number as seed.
 * So each rank needs its own rows only, and rows that changed places are seen.
 */
#ifndef TD_STORE_CHECKSUM_H
#define TD_STORE_CHECKSUM_H

#include "store/file.h"

#include <stdbool.h>
#include <stdint.h>

/* A checksum as it is written everywhere: 16 hexadecimal digits, lower case. */
typedef struct {
    char digits[17];
} td_checksum_text;

/* Local. A checksum's text; and the checksum of a text, false if it is none. */
td_checksum_text td_checksum_to_text(uint64_t checksum);
bool td_checksum_of_text(const char *text, uint64_t *checksum);

/* Collective. A checksum as an attribute of the group or dataset name. TD_ERR_FORMAT if what is
 * there is none. */
td_status td_file_set_checksum(td_file *file, const char *name, const char *attribute,
                               uint64_t checksum);
td_status td_file_get_checksum(td_file *file, const char *name, const char *attribute,
                               uint64_t *checksum);

/* Collective. The checksum of every dataset at or below each of the groups named, in a list that
 * ends with NULL ({"parameters", "optimizer", NULL}); "" names the whole file. A group
 * that is missing adds nothing, but without any dataset the file is TD_ERR_FORMAT. */
td_status td_checksum_groups(td_file *file, const char *const groups[], uint64_t *checksum);

/* Local. The XXH3-64 of the file at path as it stands, bytes and all; and the same of an open
 * regular file, whose place for reading stays. path is for messages then. */
td_status td_checksum_path(const char *path, uint64_t *checksum);
td_status td_checksum_descriptor(const char *path, int descriptor, uint64_t *checksum);

/* Collective. The same of several files, which the ranks share: of one its own, else the XXH3-64 of
 * theirs in order (8 bytes each, little-endian). */
td_status td_checksum_paths(td_comm *comm, size_t count, const char *const *paths,
                            uint64_t *checksum);

/* Local. The part of the rows [first, first + rows), which values holds, in that sum. */
uint64_t td_rows_checksum(td_shape shape, int64_t first, int64_t rows, const void *values);

/* Collective. Makes a dataset as td_file_make does, with the checksum of the rows that the ranks
 * are going to write: each gives its own. Taken from memory, it also tells of what was written
 * wrong. */
td_status td_file_make_checked(td_file *file, const char *name, td_shape shape, int64_t first,
                               int64_t rows, const void *values);

/* Collective. Writes what was made so: the same arguments. */
td_status td_file_fill(td_file *file, const char *name, td_shape shape, int64_t first, int64_t rows,
                       const void *values);

/* One of the two, for what is first made and then filled dataset by dataset. */
typedef td_status td_file_part(td_file *file, const char *name, td_shape shape, int64_t first,
                               int64_t rows, const void *values);

/* Collective. Tells whether the rows that were read, each by exactly one rank, are those that the
 * dataset's checksum is of; TD_ERR_FORMAT if not, or if it has none. */
td_status td_file_check_rows(td_file *file, const char *name, td_shape shape, int64_t first,
                             int64_t rows, const void *values);

/* Collective. Reads every dataset of the file, each rank its share, and checks it likewise. */
td_status td_file_check(td_file *file);

#endif
