/* A text file that is written piece by piece and appears whole, or not at all. All functions are
 * Local; their failures are TD_ERR_FILE, naming the path and the system's reason.
 */
#ifndef TD_STORE_TEXT_STREAM_H
#define TD_STORE_TEXT_STREAM_H

#include "tandem/status.h"

#include <stdio.h>

typedef struct td_text_stream td_text_stream;

/* Begins the file that will be at path. End it with one of the two that follow, which free it. */
td_status td_text_stream_begin(const char *path, td_text_stream **out);
td_status td_text_stream_commit(td_text_stream *text);
void td_text_stream_discard(td_text_stream *text);

/* Where to print. Its failures are seen by the commit. */
FILE *td_text_stream_file(td_text_stream *text);

#endif
