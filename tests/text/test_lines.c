/* Lines come out as they are in the file, whatever ends them, with their numbers. */
#include "text/lines.h"

#include "../data/scratch.h"
#include "text/fields.h"

static td_lines *open_lines(const char *path, const char *encoding)
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
    td_lines *lines = open_lines(path.text, NULL);
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
    for (int e = 0; e < 2; e++) {
        td_lines *lines = open_lines(marked.text, e == 0 ? NULL : "latin1");
        cr_assert(is(next(lines), 1, "\xc3\xa9", true), "encoding %d", e);
        cr_assert(is(next(lines), 2, "\xc3\xa9", true), "encoding %d", e);
        td_lines_close(lines);
    }
    td_lines *lines = open_lines(latin1.text, "latin1");
    cr_assert(is(next(lines), 1, "\xc3\xa9", true));
    cr_assert(is(next(lines), 2, "b", true));
    td_lines_close(lines);
    scratch_remove(&folder);
}

/* A record goes on over line ends in quotes, which count. */
Test(lines, go_on_in_quotes)
{
    static const td_field_form form = {.separator = ",", .quote = '"', .trim = true};
    scratch folder = scratch_make();
    scratch_path path =
        scratch_text(&folder, "f",
                     "\xef\xbb\xbf\"a\nb\",c\n\n1,\"x \"\"\n\n\"\"y\"\r\nd, \"e\nf\" ,g\n"
                     "5\",h\n\"open\n");
    td_lines *lines = open_lines(path.text, NULL);
    td_lines_join_quoted(lines, &form);
    cr_assert(is(next(lines), 1, "\"a\nb\",c", true));
    cr_assert(is(next(lines), 4, "1,\"x \"\"\n\n\"\"y\"", true));
    cr_assert(is(next(lines), 7, "d, \"e\nf\" ,g", true));
    cr_assert(is(next(lines), 9, "5\",h", true), "a quote within a field is none");
    cr_assert(is(next(lines), 10, "\"open\n", false));
    assert_at_end(lines);
    td_lines_close(lines);
    scratch_remove(&folder);
}

Test(lines, are_looked_at_before_they_are_taken)
{
    scratch folder = scratch_make();
    scratch_path path = scratch_text(&folder, "f", "\xef\xbb\xbfone\ntwo\n");
    td_lines *lines = open_lines(path.text, NULL);
    td_str text;
    cr_assert_eq(td_lines_peek(lines, 5, &text), TD_OK);
    cr_assert(text.length == 5 && memcmp(text.text, "one\nt", 5) == 0);
    cr_assert(td_lines_have_mark(lines));
    cr_assert(is(next(lines), 1, "one", true));
    cr_assert_eq(td_lines_peek(lines, 100, &text), TD_OK);
    cr_assert(text.length == 4 && memcmp(text.text, "two\n", 4) == 0);
    cr_assert(is(next(lines), 2, "two", true));
    assert_at_end(lines);
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
    td_lines *lines = open_lines(path.text, NULL);
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
    cr_assert_eq(td_lines_open(path, NULL, &lines), expected, "%s", path);
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
    td_lines *lines = open_lines(path.text, NULL);
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
    td_lines *lines = open_lines(path.text, NULL);
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

/* Takes the lines of [begin, end) and checks that they are the next of all lines. */
static int64_t take_part(td_lines *lines, int64_t begin, int64_t end, int64_t ends, int64_t taken,
                         const td_line *all)
{
    td_line line;
    bool found = true;
    cr_assert_eq(td_lines_select(lines, begin, end, ends), TD_OK, "%s", td_message());
    for (;;) {
        cr_assert_eq(td_lines_next(lines, &line, &found), TD_OK, "%s", td_message());
        if (!found)
            return taken;
        const td_line *expected = &all[taken++];
        cr_assert(line.number == expected->number && line.length == expected->length &&
                      line.ended == expected->ended &&
                      memcmp(line.text, expected->text, line.length) == 0,
                  "line %d of [%d, %d)", (int)expected->number, (int)begin, (int)end);
    }
}

/* Wherever two cuts are, each line is in one part, with its number. */
static void check_cuts(const char *text, size_t count, const td_line *all)
{
    int64_t length = (int64_t)strlen(text), ends[3];
    scratch folder = scratch_make();
    scratch_path path = scratch_text(&folder, "f", text);
    td_lines *lines = open_lines(path.text, NULL);
    cr_assert_eq(td_input_length(td_lines_input(lines)), length);
    for (int64_t a = 0; a <= length; a++) {
        for (int64_t b = a; b <= length; b++) {
            int64_t taken = 0;
            cr_assert_eq(td_lines_count_ends(lines, 0, a, &ends[0]), TD_OK);
            cr_assert_eq(td_lines_count_ends(lines, a, b, &ends[1]), TD_OK);
            taken = take_part(lines, 0, a, 0, taken, all);
            taken = take_part(lines, a, b, ends[0], taken, all);
            taken = take_part(lines, b, length, ends[0] + ends[1], taken, all);
            cr_assert_eq(taken, (int64_t)count, "cuts at %d and %d", (int)a, (int)b);
        }
    }
    td_lines_close(lines);
    scratch_remove(&folder);
}

static td_line expected_line(int64_t number, char *text, bool ended)
{
    return (td_line){NULL, number, text, strlen(text), ended, 0};
}

Test(lines, are_each_in_one_part_wherever_the_cuts_are)
{
    char one[] = "one", two[] = "two", empty_before[] = "4", last[] = "the last";
    td_line some[] = {expected_line(1, one, true), expected_line(2, two, true),
                      expected_line(5, empty_before, true), expected_line(7, last, false)};
    check_cuts("one\ntwo\r\n\n\r\n4\n\nthe last", 4, some);
    some[3].ended = true;
    check_cuts("one\ntwo\r\n\n\r\n4\n\nthe last\n", 4, some);
    check_cuts("\n\n\r\n", 0, NULL);
}

/* The last lines of a file whose first line is longer than any buffer: who starts inside it skips
 * it, and who has its start refuses it. */
Test(lines, may_begin_inside_one_of_any_length)
{
    enum { LONG = 3 << 20 };
    static char text[LONG + 3];
    memset(text, 'x', LONG);
    memcpy(text + LONG, "\ny\n", 3);
    scratch folder = scratch_make();
    scratch_path path = scratch_write(&folder, "f", text, sizeof text);
    td_lines *lines = open_lines(path.text, NULL);
    td_line line;
    bool found;
    for (int64_t begin = 1; begin <= LONG + 1; begin += LONG / 8) {
        cr_assert_eq(td_lines_select(lines, begin, LONG + 3, begin > LONG), TD_OK, "%s",
                     td_message());
        cr_assert(is(next(lines), 2, "y", true), "from byte %d on", (int)begin);
        assert_at_end(lines);
        cr_assert_eq(td_lines_select(lines, begin, LONG, begin > LONG), TD_OK, "%s", td_message());
        assert_at_end(lines);
    }
    cr_assert_eq(td_lines_select(lines, 0, 1, 0), TD_OK);
    cr_assert_eq(td_lines_next(lines, &line, &found), TD_ERR_INPUT);
    td_lines_close(lines);
    scratch_remove(&folder);
}
