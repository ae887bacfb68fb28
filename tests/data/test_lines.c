/* Lines come out as they are in the file, whatever ends them, with their numbers. */
#include "data/lines.h"

#include "scratch.h"

static td_lines *open_lines(const char *path, td_encoding encoding)
{
    td_lines *lines;
    cr_assert_eq(td_lines_open(path, encoding, &lines), TD_OK, "%s", td_message());
    return lines;
}

static td_line next(td_lines *lines)
{
    td_line line;
    bool found;
    cr_assert_eq(td_lines_next(lines, &line, &found), TD_OK, "%s", td_message());
    cr_assert(found, "a line is missing");
    return line;
}

static bool is(td_line line, int64_t number, const char *text, bool ended)
{
    return line.number == number && line.length == strlen(text) &&
           memcmp(line.text, text, line.length) == 0 && line.ended == ended;
}

static void assert_at_end(td_lines *lines)
{
    for (int i = 0; i < 2; i++) { /* the end stays the end */
        td_line line;
        bool found;
        cr_assert_eq(td_lines_next(lines, &line, &found), TD_OK);
        cr_assert_not(found);
    }
}

Test(lines, ends_by_lf_crlf_or_not_at_all)
{
    scratch folder = scratch_make();
    scratch_path path = scratch_text(&folder, "f", "one\ntwo\r\n\n\r\nth\rree\nlast\r");
    td_lines *lines = open_lines(path.text, TD_ENCODING_UTF8);
    cr_assert(is(next(lines), 1, "one", true));
    cr_assert(is(next(lines), 2, "two", true));
    cr_assert(is(next(lines), 5, "th\rree", true), "empty lines are left out but counted");
    cr_assert(is(next(lines), 6, "last", false));
    assert_at_end(lines);
    td_lines_close(lines);
    scratch_remove(&folder);
}

Test(lines, drops_a_byte_order_mark_and_decodes)
{
    scratch folder = scratch_make();
    scratch_path marked = scratch_text(&folder, "marked",
                                       "\xef\xbb\xbf"
                                       "\xc3\xa9\n\xc3\xa9\n");
    scratch_path latin1 = scratch_text(&folder, "latin1", "\xe9\nb\n");
    for (td_encoding e = TD_ENCODING_UTF8; e <= TD_ENCODING_LATIN1; e++) {
        td_lines *lines = open_lines(marked.text, e);
        cr_assert(is(next(lines), 1, "\xc3\xa9", true), "encoding %d", e);
        cr_assert(is(next(lines), 2, "\xc3\xa9", true), "encoding %d", e);
        td_lines_close(lines);
    }
    td_lines *lines = open_lines(latin1.text, TD_ENCODING_LATIN1);
    cr_assert(is(next(lines), 1, "\xc3\xa9", true));
    cr_assert(is(next(lines), 2, "b", true));
    td_lines_close(lines);
    scratch_remove(&folder);
}

/* Lines of all lengths up to 3,000, 4.5 MB in all, lie across many ends of the buffer. */
Test(lines, are_whole_across_reads)
{
    enum { LONGEST = 3000 };
    scratch folder = scratch_make();
    scratch_path path = scratch_in(&folder, "f");
    FILE *file = fopen(path.text, "wb");
    for (int length = 1; length <= LONGEST; length++) {
        for (int i = 0; i < length; i++)
            fputc('a' + (length + i) % 26, file);
        fputs(length % 2 ? "\n" : "\r\n", file);
    }
    cr_assert_eq(fclose(file), 0);
    td_lines *lines = open_lines(path.text, TD_ENCODING_UTF8);
    for (int length = 1; length <= LONGEST; length++) {
        td_line line = next(lines);
        cr_assert_eq(line.number, length);
        cr_assert_eq(line.length, (size_t)length);
        for (int i = 0; i < length; i++)
            cr_assert_eq(line.text[i], 'a' + (length + i) % 26, "%d of line %d", i, length);
    }
    assert_at_end(lines);
    td_lines_close(lines);
    scratch_remove(&folder);
}

static void assert_refused(const char *path, td_status expected, const char *words)
{
    td_lines *lines;
    cr_assert_eq(td_lines_open(path, TD_ENCODING_UTF8, &lines), expected, "%s", path);
    cr_assert_not_null(strstr(td_message(), words), "%s", td_message());
    cr_assert_null(lines);
}

Test(lines, refuses_what_is_no_file_with_text)
{
    scratch folder = scratch_make();
    assert_refused(scratch_in(&folder, "none").text, TD_ERR_FILE, "No such file");
    assert_refused(folder.path, TD_ERR_FILE, "found a folder");
    assert_refused("/dev/null", TD_ERR_FILE, "expected a file");
    assert_refused(scratch_text(&folder, "empty", "").text, TD_ERR_INPUT, "is empty");
    scratch_remove(&folder);
}

Test(lines, refuses_a_line_without_end)
{
    enum { BYTES = 1 << 20 };
    static char zeros[BYTES];
    scratch folder = scratch_make();
    scratch_path path = scratch_write(&folder, "zeros", zeros, sizeof zeros);
    td_lines *lines = open_lines(path.text, TD_ENCODING_UTF8);
    td_line line;
    bool found;
    cr_assert_eq(td_lines_next(lines, &line, &found), TD_ERR_INPUT);
    cr_assert_not_null(strstr(td_message(), "zeros:1: expected a line of text"), "%s",
                       td_message());
    td_lines_close(lines);
    scratch_remove(&folder);
}

Test(lines, tells_what_is_not_text)
{
    scratch folder = scratch_make();
    scratch_path path = scratch_write(&folder, "f",
                                      "good\nab\xff"
                                      "c\na\0b\n",
                                      15);
    td_lines *lines = open_lines(path.text, TD_ENCODING_UTF8);
    td_line line = next(lines);
    cr_assert_eq(td_line_check(&line), TD_OK);
    line = next(lines);
    cr_assert_eq(td_line_check(&line), TD_ERR_INPUT);
    cr_assert_not_null(strstr(td_message(), "f:2: expected UTF-8 text, found byte 0xff as byte 3"),
                       "%s", td_message());
    line = next(lines);
    cr_assert_eq(td_line_check(&line), TD_ERR_INPUT, "a zero byte");
    td_lines_close(lines);
    scratch_remove(&folder);
}
