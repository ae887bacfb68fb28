/* A buffer that lines are cut from; what is left of one moves to its start before the next read,
 * so a line is always in one piece. */
#include "data/lines.h"

#include "base/memory.h"
#include "data/input.h"

#include <inttypes.h>
#include <string.h>

enum { BUFFER = 1 << 20 };

struct td_lines {
    td_input *input;
    td_encoding encoding;
    int64_t number;
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
    *line =
        (td_line){td_input_path(lines->input), lines->number, begin, (size_t)(end - begin), ended};
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
