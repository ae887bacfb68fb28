/* Arrays as numpy saves and loads them: .npy files in C order, of format 1.0 where we write them.
 *
 * A file is written front to back under its own name, for a folder that appears only when it is
 * whole. All functions are Local; failures are TD_ERR_FILE, naming the path and the reason.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
#ifndef TD_STORE_NPY_H
#define TD_STORE_NPY_H

#include "store/file.h"

#include <stddef.h>

typedef struct td_npy td_npy;

/* Starts a new file of an array of this shape. End it with td_npy_end. */
td_status td_npy_begin(const char *path, td_shape shape, td_npy **out);

/* Writes the next count elements, row-major. A failure is kept for td_npy_end. */
void td_npy_write(td_npy *npy, size_t count, const void *values);

/* Closes the file, which is then on disk, and frees npy. */
td_status td_npy_end(td_npy *npy);

/* Writes a whole array. */
td_status td_npy_save(const char *path, td_shape shape, const void *values);

typedef struct td_npy_input td_npy_input;

/* Opens an array of two dimensions of float16, float32 or float64, little-endian. TD_ERR_INPUT for
 * what is none, with what it is. Close it with td_npy_close; NULL may be closed. */
td_status td_npy_open(const char *path, td_npy_input **out);
void td_npy_close(td_npy_input *npy);

/* Its path, as it was opened; its rows and columns, as which it is read; and the open file. */
const char *td_npy_path(const td_npy_input *npy);
td_shape td_npy_shape(const td_npy_input *npy);
int td_npy_descriptor(const td_npy_input *npy);

/* Reads rows from first on to values (rows, columns): those of float64 are rounded to the nearest.
 */
td_status td_npy_read(td_npy_input *npy, int64_t first, int64_t rows, float *values);

#endif
