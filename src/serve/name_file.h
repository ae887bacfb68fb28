/* A file of names, one a line, as people keep what is in stock. */
#ifndef TD_SERVE_NAME_FILE_H
#define TD_SERVE_NAME_FILE_H

#include "base/str.h"
#include "comm/comm.h"

/* Collective. Reads the lines of a UTF-8 file, which may be packed, "-" for standard input, on rank
 * 0, for every rank; empty ones are left out. TD_ERR_FILE, TD_ERR_INPUT. The caller frees lines
 * with td_strings_free. */
td_status td_name_file_read(td_comm *comm, const char *path, td_strings *lines);

#endif
