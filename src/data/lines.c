/* A buffer that lines are cut from; what is left of one moves to its start before the next read,
 * so a line is always in one piece. */
#include "data/lines.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

struct td_lines {
    int file;
    char *path;
    td_encoding encoding;
    int64_t number;
    char *buffer;
    size_t begin, end; /* what of the buffer no line has taken yet */
    bool finished;     /* nothing is left to read */
    char *decoded;     /* a line of ISO-8859-1 as UTF-8 */
};

static td_status check_file(int file, const char *path)
{
    struct stat is;
    if (fstat(file, &is) != 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return td_fail(TD_ERR_FILE, "%s: expected a file, found %s", path,
                       S_ISDIR(is.st_mode) ? "a folder" : "something else");
    if (is.st_size == 0)
        return td_fail(TD_ERR_INPUT, "%s: the file is empty", path);
    return TD_OK;
}

static td_lines *start(int file, const char *path, td_encoding encoding)
{
    td_lines *lines = TD_NEW(td_lines, 1);
    lines->file = file;
    lines->path = td_copy_text(path);
    lines->encoding = encoding;
    lines->buffer = TD_NEW(char, BUFFER);
    lines->decoded = TD_NEW(char, (size_t)2 * BUFFER);
    return lines;
}

td_status td_lines_open(const char *path, td_encoding encoding, td_lines **out)
{
    *out = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a named pipe must not block */
    if (file < 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    td_status status = check_file(file, path);
    if (status != TD_OK) {
        close(file);
        return status;
    }
    *out = start(file, path, encoding);
    return TD_OK;
}

td_status td_lines_open_stream(const char *path, td_encoding encoding, td_lines **out)
{
    const bool is_standard = strcmp(path, "-") == 0;
    struct stat is;
    *out = NULL;
    int file = is_standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return td_fail(TD_ERR_FILE, "%s: %s", path, strerror(errno));
    if (fstat(file, &is) == 0 && S_ISDIR(is.st_mode)) {
        close(file);
        return td_fail(TD_ERR_FILE, "%s: expected a file or a pipe, found a folder", path);
    }
    *out = start(file, is_standard ? "standard input" : path, encoding);
    return TD_OK;
}

void td_lines_close(td_lines *lines)
{
    if (!lines)
        return;
    close(lines->file);
    td_free(lines->path);
    td_free(lines->buffer);
    td_free(lines->decoded);
    td_free(lines);
}

static td_status read_more(td_lines *lines)
{
    memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    if (lines->end == BUFFER)
        return td_fail(TD_ERR_INPUT,
                       "%s:%" PRId64 ": expected a line of text, found none end in %d "
                       "bytes",
                       lines->path, lines->number, BUFFER);
    ssize_t got;
    do
        got = read(lines->file, lines->buffer + lines->end, BUFFER - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return td_fail(TD_ERR_FILE, "%s: cannot read: %s", lines->path, strerror(errno));
    lines->end += (size_t)got;
    lines->finished = got == 0;
    return TD_OK;
}

/* Sets *end to the line end after begin, NULL if the file has no more. */
static td_status find_end(td_lines *lines, char **end)
{
    size_t searched = 0;
    for (;;) {
        size_t left = lines->end - lines->begin - searched;
        *end = memchr(lines->buffer + lines->begin + searched, '\n', left);
        if (*end || lines->finished)
            return TD_OK;
        searched += left;
        TD_TRY(read_more(lines));
    }
}

static void drop_mark(td_lines *lines, td_line *line)
{
    if (line->number != 1 || line->length < 3 || memcmp(line->text, "\xef\xbb\xbf", 3) != 0)
        return;
    line->text += 3;
    line->length -= 3;
    lines->encoding = TD_ENCODING_UTF8;
}

static void decode(td_lines *lines, td_line *line)
{
    if (line->length > 0 && line->text[line->length - 1] == '\r')
        line->length--;
    drop_mark(lines, line);
    if (lines->encoding == TD_ENCODING_UTF8)
        return;
    line->length = td_utf8_from_latin1(line->text, line->length, lines->decoded);
    line->text = lines->decoded;
}

static td_status take_line(td_lines *lines, td_line *line, bool *found)
{
    char *end;
    lines->number++;
    TD_TRY(find_end(lines, &end));
    char *begin = lines->buffer + lines->begin;
    bool ended = end != NULL;
    if (!ended)
        end = lines->buffer + lines->end;
    *found = ended || end > begin;
    *line = (td_line){lines->path, lines->number, begin, (size_t)(end - begin), ended};
    lines->begin += line->length + ended;
    decode(lines, line);
    return TD_OK;
}

td_status td_lines_next(td_lines *lines, td_line *line, bool *found)
{
    do
        TD_TRY(take_line(lines, line, found));
    while (*found && line->length == 0);
    return TD_OK;
}

td_status td_line_check(const td_line *line)
{
    size_t valid = td_utf8_valid(line->text, line->length);
    if (valid == line->length)
        return TD_OK;
    return TD_LINE_FAIL(line, "expected UTF-8 text, found byte 0x%02x as byte %zu of the line",
                        (unsigned char)line->text[valid], valid + 1);
}
