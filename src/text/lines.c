/* A buffer that lines are cut from; what is left of one moves to its start before the next read,
 * so a line is always in one piece. */
#include "text/lines.h"

#include "base/memory.h"
#include "text/encoding.h"
#include "text/fields.h"

#include <inttypes.h>
#include <string.h>

enum { BUFFER = 1 << 20 };

struct td_lines {
    td_input *input;
    td_decoder *decoder;        /* NULL of UTF-8 */
    const td_field_form *joins; /* whose quotes lines go on in; NULL: none do */
    int64_t number;             /* of the last line end that was taken */
    int64_t at;                 /* where in the text the next line begins */
    int64_t stop;               /* lines that begin here or later are not wanted */
    char *buffer;
    size_t begin, end; /* what of the buffer no line has taken yet */
    bool finished;     /* nothing is left to read */
    bool marked;       /* a byte-order mark was there */
};

static td_status start(td_input *input, const char *encoding, td_lines **out)
{
    td_decoder *decoder;
    td_status status = td_decoder_make(encoding, &decoder);
    if (status != TD_OK) {
        td_input_close(input);
        return status;
    }
    td_lines *lines = *out = TD_NEW(td_lines, 1);
    lines->input = input;
    lines->decoder = decoder;
    lines->stop = INT64_MAX;
    lines->buffer = td_allocate_unset(BUFFER, 1);
    return TD_OK;
}

td_status td_lines_open(const char *path, const char *encoding, td_lines **out)
{
    td_input *input;
    *out = NULL;
    TD_TRY(td_input_open(path, &input));
    return start(input, encoding, out);
}

td_status td_lines_open_stream(const char *path, const char *encoding, td_lines **out)
{
    td_input *input;
    *out = NULL;
    TD_TRY(td_input_open_stream(path, &input));
    return start(input, encoding, out);
}

td_status td_lines_set_encoding(td_lines *lines, const char *encoding)
{
    td_decoder *decoder;
    if (lines->marked)
        return TD_OK;
    TD_TRY(td_decoder_make(encoding, &decoder));
    td_decoder_free(lines->decoder);
    lines->decoder = decoder;
    return TD_OK;
}

void td_lines_join_quoted(td_lines *lines, const td_field_form *form)
{
    lines->joins = form;
}

void td_lines_close(td_lines *lines)
{
    if (!lines)
        return;
    td_input_close(lines->input);
    td_free(lines->buffer);
    td_decoder_free(lines->decoder);
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

/* Sets *end to the line end after searched bytes from begin, NULL if the file has no more. */
static td_status find_end(td_lines *lines, size_t searched, char **end)
{
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

/* Takes a byte-order mark at the text's start. */
static void drop_mark(td_lines *lines)
{
    if (lines->at > 0 || lines->end - lines->begin < 3 ||
        memcmp(lines->buffer + lines->begin, "\xef\xbb\xbf", 3) != 0)
        return;
    take_bytes(lines, 3);
    lines->marked = true;
    td_decoder_free(lines->decoder);
    lines->decoder = NULL;
}

td_status td_lines_peek(td_lines *lines, size_t most, td_str *text)
{
    while (lines->end - lines->begin < most + 3 && !lines->finished)
        TD_TRY(read_more(lines));
    drop_mark(lines);
    *text = (td_str){lines->buffer + lines->begin, lines->end - lines->begin};
    if (text->length > most)
        text->length = most;
    return TD_OK;
}

bool td_lines_have_mark(const td_lines *lines)
{
    return lines->marked;
}

static void decode(td_lines *lines, td_line *line)
{
    if (line->length > 0 && line->text[line->length - 1] == '\r')
        line->length--;
    if (!lines->decoder)
        return;
    const size_t length = line->length,
                 whole = td_decode(lines->decoder, &line->text, &line->length);
    line->undecoded = whole < length ? whole + 1 : 0;
}

/* Sets *end to the end of the record that begins where lines stand, NULL if that is the file's;
 * adds the line ends in it to *within. */
static td_status find_record_end(td_lines *lines, char **end, int64_t *within)
{
    td_record_end record = {0};
    TD_TRY(find_end(lines, 0, end));
    while (lines->joins && *end) {
        const char *begin = lines->buffer + lines->begin;
        const size_t length = (size_t)(*end - begin);
        if (td_record_ends(lines->joins, begin, length, &record))
            return TD_OK;
        ++*within;
        TD_TRY(find_end(lines, length + 1, end));
    }
    return TD_OK;
}

static td_status take_line(td_lines *lines, td_line *line, bool *found)
{
    char *end;
    int64_t within = 0;
    td_str nothing;
    *found = lines->at < lines->stop;
    if (!*found)
        return TD_OK;
    if (lines->at == 0) /* a byte-order mark is taken before what it stands before */
        TD_TRY(td_lines_peek(lines, 0, &nothing));
    lines->number++;
    TD_TRY(find_record_end(lines, &end, &within));
    char *begin = lines->buffer + lines->begin;
    bool ended = end != NULL;
    if (!ended)
        end = lines->buffer + lines->end;
    *found = ended || end > begin;
    *line = (td_line){.path = td_input_path(lines->input),
                      .number = lines->number,
                      .text = begin,
                      .length = (size_t)(end - begin),
                      .ended = ended};
    lines->number += within;
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

/* A byte counts what a step has, so that one instruction counts many. */
static int64_t count_ends(const char *bytes, size_t n)
{
    enum { STEP = 128 };
    int64_t count = 0;
    size_t done = 0;
    for (; n - done >= STEP; done += STEP) {
        uint8_t here = 0;
        for (size_t i = 0; i < STEP; i++)
            here = (uint8_t)(here + (bytes[done + i] == '\n'));
        count += here;
    }
    for (; done < n; done++)
        count += bytes[done] == '\n';
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
    if (line->undecoded > 0)
        return TD_LINE_FAIL(
            line,
            "expected text of the encoding that was named, found byte 0x%02x as byte "
            "%zu of the line",
            (unsigned char)line->text[line->undecoded - 1], line->undecoded);
    size_t valid = td_utf8_valid(line->text, line->length);
    if (valid == line->length)
        return TD_OK;
    return TD_LINE_FAIL(line,
                        "expected UTF-8 text, found byte 0x%02x as byte %zu of the line; if it is "
                        "text of another encoding, iconv -f latin1 -t utf-8 makes it UTF-8; "
                        "prepare reads it by --encoding latin1, or encoding: latin1 "
                        "in a schema",
                        (unsigned char)line->text[valid], valid + 1);
}

bool td_line_is_comment(const td_line *line, const char *prefix)
{
    const size_t length = prefix ? strlen(prefix) : 0;
    return length > 0 && line->length >= length && memcmp(line->text, prefix, length) == 0;
}
