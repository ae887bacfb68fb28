/* A buffer that lines are cut from; what is left of one moves to its start before the next read,
 * so a line is always in one piece. */
#include "text/lines.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

enum { BUFFER = 1 << 20 };

struct td_lines {
    td_input *input;
    td_encoding encoding;
    int64_t number;
    int64_t at;   /* where in the text the next line begins */
    int64_t stop; /* lines that begin here or later are not wanted */
    char *buffer;
    size_t begin, end; /* what of the buffer no line has taken yet */
    bool finished;     /* nothing is left to read */
    char *decoded;     /* a line of ISO-8859-1 as UTF-8 */
};

static td_lines *start(td_input *input, td_encoding encoding)
{
    td_lines *lines = TD_NEW(td_lines, 1);
    lines->input = input;
    lines->encoding = encoding;
    lines->stop = INT64_MAX;
    lines->buffer = TD_NEW(char, BUFFER);
    lines->decoded = TD_NEW(char, (size_t)2 * BUFFER);
    return lines;
}

td_status td_lines_open(const char *path, td_encoding encoding, td_lines **out)
{
    td_input *input;
    *out = NULL;
    TD_TRY(td_input_open(path, &input));
    *out = start(input, encoding);
    return TD_OK;
}

td_status td_lines_open_stream(const char *path, td_encoding encoding, td_lines **out)
{
    td_input *input;
    *out = NULL;
    TD_TRY(td_input_open_stream(path, &input));
    *out = start(input, encoding);
    return TD_OK;
}

void td_lines_close(td_lines *lines)
{
    if (!lines)
        return;
    td_input_close(lines->input);
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
                       td_input_path(lines->input), lines->number, BUFFER);
    size_t got;
    TD_TRY(td_input_read(lines->input, BUFFER - lines->end, lines->buffer + lines->end, &got));
    lines->end += got;
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

static void take_bytes(td_lines *lines, size_t n)
{
    lines->begin += n;
    lines->at += (int64_t)n;
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
    *found = lines->at < lines->stop;
    if (!*found)
        return TD_OK;
    lines->number++;
    TD_TRY(find_end(lines, &end));
    char *begin = lines->buffer + lines->begin;
    bool ended = end != NULL;
    if (!ended)
        end = lines->buffer + lines->end;
    *found = ended || end > begin;
    *line =
        (td_line){td_input_path(lines->input), lines->number, begin, (size_t)(end - begin), ended};
    take_bytes(lines, line->length + ended);
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

const td_input *td_lines_input(const td_lines *lines)
{
    return lines->input;
}

static td_status seek(td_lines *lines, int64_t at)
{
    lines->at = at;
    lines->begin = lines->end = 0;
    lines->finished = false;
    return td_input_seek(lines->input, at);
}

/* Leaves out the rest of a line, of any length, and its end. */
static td_status drop_rest(td_lines *lines)
{
    for (;;) {
        char *from = lines->buffer + lines->begin;
        char *end = memchr(from, '\n', lines->end - lines->begin);
        take_bytes(lines, end ? (size_t)(end + 1 - from) : lines->end - lines->begin);
        if (end || lines->finished || lines->at >= lines->stop)
            return TD_OK;
        TD_TRY(read_more(lines));
    }
}

td_status td_lines_select(td_lines *lines, int64_t begin, int64_t end, int64_t ends)
{
    lines->stop = end;
    lines->number = ends;
    if (begin == 0)
        return seek(lines, 0);
    TD_TRY(seek(lines, begin - 1)); /* the byte before tells whether a line begins here */
    TD_TRY(drop_rest(lines));
    lines->number += lines->at > begin;
    return TD_OK;
}

static int64_t count_ends(const char *bytes, size_t n)
{
    int64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += bytes[i] == '\n';
    return count;
}

td_status td_lines_count_ends(td_lines *lines, int64_t begin, int64_t end, int64_t *count)
{
    size_t got = 1;
    *count = 0;
    TD_TRY(seek(lines, begin));
    while (begin < end && got > 0) {
        size_t n = end - begin < BUFFER ? (size_t)(end - begin) : BUFFER;
        TD_TRY(td_input_read(lines->input, n, lines->buffer, &got));
        *count += count_ends(lines->buffer, got);
        begin += (int64_t)got;
    }
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
