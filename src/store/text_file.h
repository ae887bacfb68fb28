/* Text files: small ones read whole and replaced whole, others written piece by piece. All
 * functions are Local; failures are TD_ERR_FILE unless said otherwise, naming the path and the
 * system's reason.
 */
#ifndef TD_STORE_TEXT_FILE_H
#define TD_STORE_TEXT_FILE_H

#include "tandem/status.h"

#include <stddef.h>
#include <stdio.h>

/* Puts text in the place of the file at path, or makes it: at any moment, and after a crash, the
 * file is the old or the new one, whole. TD_ERR_FILE leaves the old one. */
td_status td_replace_text(const char *path, const char *text);

/* Reads the file at path into *text, terminated; the caller frees it with td_free. TD_ERR_FILE
 * where it cannot be read; TD_ERR_FORMAT where it is longer than max_bytes or has a NUL byte. */
td_status td_read_text(const char *path, size_t max_bytes, char **text);

/* A text file that is written piece by piece and appears whole, or not at all. */
typedef struct td_text_stream td_text_stream;

/* Begins the file that will be at path. End it with one of the two that follow, which free it. */
td_status td_text_stream_begin(const char *path, td_text_stream **out);
td_status td_text_stream_commit(td_text_stream *text);
void td_text_stream_discard(td_text_stream *text);

/* Where to print. Its failures are seen by the commit. */
FILE *td_text_stream_file(td_text_stream *text);

#endif
