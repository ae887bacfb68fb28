/* The bytes of an input file: as they are, or unpacked where the file is a gzip, xz or zstd one.
 *
 * What a file is, its first bytes say, never its name. A packed file may hold several streams one
 * after the other, with zero bytes after each; anything else after a stream is an error, and so is
 * a stream that does not end or fails its own check. All functions are Local.
 */
#ifndef TD_TEXT_INPUT_H
#define TD_TEXT_INPUT_H

#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_input td_input;

/* Opens a regular file. TD_ERR_FILE if the system refuses, TD_ERR_INPUT if the file is empty. The
 * caller closes it with td_input_close. */
td_status td_input_open(const char *path, td_input **out);

/* The same for bytes that need not be in a file: "-" is standard input, and a pipe is as good as a
 * file. There may be none. TD_ERR_USAGE for what a launcher may have repeated (handed_input.h). */
td_status td_input_open_stream(const char *path, td_input **out);

/* Frees input, which may be NULL. */
void td_input_close(td_input *input);

/* The path that messages name; and the open file, for questions to the system. */
const char *td_input_path(const td_input *input);
int td_input_descriptor(const td_input *input);

/* Sets *got to how many of up to n bytes were read: 0 only at the end. TD_ERR_FILE for a failed
 * read, TD_ERR_INPUT for a packed file that is cut or damaged. */
td_status td_input_read(td_input *input, size_t n, char *bytes, size_t *got);

/* Leaves out n bytes, or what there is of them. A file that is not packed must be a regular one. */
td_status td_input_skip(td_input *input, int64_t n);

/* Goes on at byte at of a file that is not packed and is a regular one. */
td_status td_input_seek(td_input *input, int64_t at);

/* Whether its bytes can only be read one after the other, from the first: of a packed file, or of
 * what is no regular file; its length, 0 of a stream; and how much of it what was read so far came
 * from: for equal files and equal calls the same. */
bool td_input_is_sequential(const td_input *input);
int64_t td_input_length(const td_input *input);
int64_t td_input_taken(const td_input *input);

#endif
