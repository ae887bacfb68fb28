/* Small text files: read whole, replaced whole. All functions are Local. */
#ifndef TD_STORE_TEXT_FILE_H
#define TD_STORE_TEXT_FILE_H

#include "tandem/status.h"

#include <stddef.h>

/* Puts text in the place of the file at path, or makes it: at any moment, and after a crash, the
 * file is the old or the new one, whole. TD_ERR_FILE leaves the old one. */
td_status td_replace_text(const char *path, const char *text);

/* Reads the file at path into *text, terminated; the caller frees it with td_free. TD_ERR_FILE
 * where it cannot be read; TD_ERR_FORMAT where it is longer than max_bytes or has a NUL byte. */
td_status td_read_text(const char *path, size_t max_bytes, char **text);

#endif
