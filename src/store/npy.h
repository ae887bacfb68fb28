/* Arrays as numpy.load reads them: .npy files of format 1.0, C order.
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

#endif
