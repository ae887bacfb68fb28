/* The lines of a text file, one after the other, each knowing where it stands.
 *
 * Line ends are LF or CRLF, and the last line may lack its own. A byte-order mark is dropped, and
 * makes the file UTF-8 whatever was said. A line of a mebibyte or more is refused: such a file is
 * no text. All functions are Local.
 */
#ifndef TD_TEXT_LINES_H
#define TD_TEXT_LINES_H

#include "base/str.h"
#include "tandem/status.h"
#include "text/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_lines td_lines;

/* A line, valid until the next is asked for. The text is UTF-8 if td_line_check says so; readers
 * may overwrite it. */
typedef struct {
    const char *path; /* of the file, as it was opened */
    int64_t number;   /* from 1 */
    char *text;       /* without its line end; not terminated */
    size_t length;
    bool ended;       /* by a line end; false for a last line that the file's end cuts off */
    size_t undecoded; /* the byte, from 1, that the encoding has not; 0: there is none */
} td_line;

/* Opens a regular file, which may be packed (input.h), of this encoding (encoding.h; NULL is
 * UTF-8). TD_ERR_FILE if the system refuses, TD_ERR_INPUT if the file is empty, TD_ERR_USAGE for an
 * unknown encoding. The caller closes it with td_lines_close. */
td_status td_lines_open(const char *path, const char *encoding, td_lines **out);

/* The same for text that need not be in a file: "-" is standard input, and a pipe is as good as a
 * file. An empty text is one without lines. */
td_status td_lines_open_stream(const char *path, const char *encoding, td_lines **out);

/* Lines go on over line ends that are in the quotes of a field (fields.h); form must outlive them.
 * To be said before the first is taken, of lines that are not selected. */
struct td_field_form;
void td_lines_join_quoted(td_lines *lines, const struct td_field_form *form);

/* The encoding is this one, unless a byte-order mark said UTF-8. To be said before the first line
 * is taken; TD_ERR_USAGE for an unknown one. */
td_status td_lines_set_encoding(td_lines *lines, const char *encoding);

/* Sets *text to what comes next, without a byte-order mark: all of it or most bytes, undecoded. It
 * is valid until the next line is taken, and is taken with it. */
td_status td_lines_peek(td_lines *lines, size_t most, td_str *text);

/* Whether the text began with a byte-order mark, once it was peeked at or a line was taken. */
bool td_lines_have_mark(const td_lines *lines);

/* Frees lines, which may be NULL. */
void td_lines_close(td_lines *lines);

/* Takes the next line that is not empty; *found is false at the end of the file. TD_ERR_FILE for
 * a failed read, TD_ERR_INPUT for a line that is too long or a packed file that is damaged. */
td_status td_lines_next(td_lines *lines, td_line *line, bool *found);

/* The file, for its length and for whether it is packed. */
const td_input *td_lines_input(const td_lines *lines);

/* Of a file that is not packed: goes on with the lines whose first byte is in [begin, end), where
 * ends line ends stand before begin. So every line is in one of the parts that a file is cut into,
 * wherever the cuts are. A byte-order mark counts if the first line was taken before. */
td_status td_lines_select(td_lines *lines, int64_t begin, int64_t end, int64_t ends);

/* Counts the line ends among the bytes [begin, end) of a file that is not packed. Lines must be
 * selected before the next is taken. */
td_status td_lines_count_ends(td_lines *lines, int64_t begin, int64_t end, int64_t *count);

/* TD_ERR_INPUT if the line is no text of its encoding, naming the byte. */
td_status td_line_check(const td_line *line);

/* Whether the line begins with what comments do; NULL: none does. */
bool td_line_is_comment(const td_line *line, const char *prefix);

/* Fails with TD_ERR_INPUT and a message that starts with the line's place. */
#define TD_LINE_FAIL(line, format, ...)                                                            \
    td_fail(TD_ERR_INPUT, "%s:%" PRId64 ": " format, (line)->path, (line)->number, __VA_ARGS__)

#endif
