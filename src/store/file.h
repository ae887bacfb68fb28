/* HDF5 files, read and written by all ranks together. The only user of HDF5.
 *
 * A file is written under a temporary name in the folder of its final one and appears under the
 * final name only by td_file_publish, whole and on disk. Equal contents give equal bytes, whatever
 * the number of ranks: no times are stored, the format version is fixed, nothing is compressed.
 *
 * Datasets are arrays of one or two dimensions. Their rows are cut among the ranks: each rank
 * reads or writes the rows [first, first + rows) it names; a rank may name none. Paths inside a
 * file are like "parameters/user_table/weight"; missing groups are made. Values are little-endian.
 *
 * Every function but td_file_discard is Collective over the file's comm, and its status is the
 * same on every rank. A file being written can be read as far as its datasets go
 * (td_file_shape, td_file_read and td_file_read_rows, td_file_list_datasets, and so its checksum
 * taken). TD_ERR_FILE: the system refused (which path, why).
 * TD_ERR_FORMAT: what was expected is not in the file, or of another type or shape (which file,
 * which name).
 */
#ifndef TD_STORE_FILE_H
#define TD_STORE_FILE_H

#include "base/str.h"
#include "base/type.h"
#include "comm/comm.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_file td_file;

/* Local. Returns the HDF5 library's version, "1.10.8"; the caller frees it. */
char *td_file_library(void);

/* The shape of a dataset: (rows) if columns is 0, else (rows, columns). */
typedef struct {
    td_type type;
    int64_t rows;
    int64_t columns;
} td_shape;

/* Returns the bytes of one row. Local. */
size_t td_shape_row_bytes(td_shape shape);

/* Starts a new file that will become path; format and version go into its root attributes
 * "format" and "version". */
td_status td_file_create(td_comm *comm, const char *path, const char *format, int64_t version,
                         td_file **out);

/* Who is asked on rank 0 right before a file gets its final name: unless may_publish(context) is
 * TD_OK, it does not, and td_file_publish answers with that status. */
typedef struct {
    td_status (*may_publish)(void *context);
    void *context;
} td_file_guard;

/* Local. Sets the guard of a file being written; NULL for none. It must last until the end. */
void td_file_set_guard(td_file *file, const td_file_guard *guard);

/* Closes, syncs on every rank, and renames to the final path. Frees file, also on failure, after
 * which neither the temporary file nor a changed final one exists. */
td_status td_file_publish(td_file *file);

/* Closes a file that was opened, or removes one that was being written. Frees file; NULL may be
 * discarded. Collective, but without a status. */
void td_file_discard(td_file *file);

/* Checks that a file of a format may become path: nothing is there, an empty file, or such a file.
 * TD_ERR_FILE for anything else, which a user would miss. */
td_status td_file_check_place(td_comm *comm, const char *path, const char *format);

/* Opens path for reading; a file of another format, or of another version, is TD_ERR_FORMAT with
 * both named. format may be NULL for any. A file that this module could not have written (other
 * types and shapes, chunks, soft links, objects that share bytes, ...) is TD_ERR_FORMAT before HDF5
 * sees it. All ranks have the same file (store/same_file.h), also where the path is given to
 * another one meanwhile; TD_ERR_FILE where that goes on and on, TD_ERR_MISMATCH where copies
 * differ. */
td_status td_file_open(td_comm *comm, const char *path, const char *format, int64_t version,
                       td_file **out);

/* Local. The path that messages name, and the ranks that have the file. */
const char *td_file_path(const td_file *file);
td_comm *td_file_comm(const td_file *file);

/* Makes dataset name of the given shape; then writes rows of values (row-major) from row first on,
 * each by exactly one rank. Making a dataset (or setting an attribute) after rows were written, and
 * the reverse, reopens the file, which takes milliseconds: with many datasets make all of them
 * first, then write. Room on the disk is reserved by making: TD_ERR_FILE where there is none. */
td_status td_file_make(td_file *file, const char *name, td_shape shape);
td_status td_file_write_rows(td_file *file, const char *name, int64_t first, int64_t rows,
                             const void *values);

/* Tells the shape of dataset name. */
td_status td_file_shape(td_file *file, const char *name, td_shape *shape);

/* Reads rows from row first on into values. The dataset must have this type. */
td_status td_file_read_rows(td_file *file, const char *name, td_type type, int64_t first,
                            int64_t rows, void *values);

/* Reads a whole dataset on every rank into a new block, which the caller frees with td_free. */
td_status td_file_read(td_file *file, const char *name, td_type type, td_shape *shape,
                       void **values);

/* Tells whether the file has a dataset or group of this name. */
td_status td_file_has(td_file *file, const char *name, bool *has);

/* Returns the full names of all datasets at or below the group or dataset name ("" for the whole
 * file), sorted by bytes, as td_file_list does. */
td_status td_file_list_datasets(td_file *file, const char *name, size_t *count, char ***names);

/* Returns the names of a group's members, sorted by bytes, as one block of count C strings that
 * the caller frees with td_free. A missing group has none. */
td_status td_file_list(td_file *file, const char *group, size_t *count, char ***names);

/* Attributes of the group or dataset name ("" for the root); groups are made when missing. */
td_status td_file_set_int(td_file *file, const char *name, const char *attribute, int64_t value);
td_status td_file_set_real(td_file *file, const char *name, const char *attribute, double value);
/* At most 60,000 bytes. */
td_status td_file_set_text(td_file *file, const char *name, const char *attribute,
                           const char *value);
td_status td_file_get_int(td_file *file, const char *name, const char *attribute, int64_t *value);
td_status td_file_get_real(td_file *file, const char *name, const char *attribute, double *value);
/* The caller frees *value with td_free. */
td_status td_file_get_text(td_file *file, const char *name, const char *attribute, char **value);

/* Returns the names of the attributes of name, as td_file_list does. */
td_status td_file_list_attributes(td_file *file, const char *name, size_t *count, char ***names);

/* Tells which of the three an attribute is; TD_ATTRIBUTE_OTHER is none of them. */
typedef enum {
    TD_ATTRIBUTE_INT,
    TD_ATTRIBUTE_REAL,
    TD_ATTRIBUTE_TEXT,
    TD_ATTRIBUTE_OTHER
} td_attribute_kind;

td_status td_file_kind_of_attribute(td_file *file, const char *name, const char *attribute,
                                    td_attribute_kind *kind);

/* Reads a list of strings, which is two datasets, name/bytes (all bytes one after the other) and
 * name/offsets (count + 1 places in them), whole on every rank; td_strings_free frees it. */
td_status td_file_read_strings(td_file *file, const char *name, td_strings *strings);

#endif
