/* What is in an HDF5 file, as a table for people. */
#ifndef TD_STORE_DESCRIBE_H
#define TD_STORE_DESCRIBE_H

#include "store/file.h"

#include <stdio.h>

/* Collective. Writes the file's attributes and datasets to stream, on rank 0 only: names, types,
 * shapes, bytes, and of small datasets the values or their range. Bytes that a terminal could take
 * for commands are written as '?'. */
td_status td_file_describe(td_file *file, FILE *stream);

#endif
