/* Small files replaced whole: the old text or the new one, and nothing beside it. */
#include "store/text_file.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

static char folder[PATH_BYTES / 2];
static char path[PATH_BYTES];

static void begin(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tandem-test-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/config.yaml", folder);
}

static void end(void)
{
    unlink(path);
    cr_assert_eq(rmdir(folder), 0, "something else is left in %s", folder);
}

TestSuite(text_file, .init = begin, .fini = end, .timeout = 60);

static void assert_text(const char *expected)
{
    char *text = NULL;
    cr_assert_eq(td_read_text(path, 100, &text), TD_OK, "%s", td_message());
    cr_assert_str_eq(text, expected);
    td_free(text);
}

Test(text_file, is_replaced_whole)
{
    cr_assert_eq(td_replace_text(path, "one: 1\n"), TD_OK, "%s", td_message());
    assert_text("one: 1\n");
    cr_assert_eq(td_replace_text(path, ""), TD_OK, "%s", td_message());
    assert_text("");
}

/* A reader that has the old file open goes on reading the old file. */
Test(text_file, keeps_the_old_one_for_its_readers)
{
    char text[8] = "";
    cr_assert_eq(td_replace_text(path, "old"), TD_OK);
    FILE *reader = fopen(path, "r");
    cr_assert(reader);
    cr_assert_eq(td_replace_text(path, "new"), TD_OK);
    cr_assert_eq(fread(text, 1, sizeof text - 1, reader), 3);
    cr_assert_str_eq(text, "old");
    fclose(reader);
    assert_text("new");
}

static void assert_message(td_status status, td_status expected, const char *words)
{
    cr_assert_eq(status, expected, "%s", td_message());
    cr_assert(strstr(td_message(), words), "expected '%s' in '%s'", words, td_message());
}

Test(text_file, cannot_be_written_there)
{
    char inside[2 * PATH_BYTES];
    cr_assert_eq(td_replace_text(path, "text"), TD_OK);
    snprintf(inside, sizeof inside, "%s/run/x", folder);
    assert_message(td_replace_text(inside, "x"), TD_ERR_FILE, "No such file or directory");
    snprintf(inside, sizeof inside, "%s/x", path);
    assert_message(td_replace_text(inside, "x"), TD_ERR_FILE, "Not a directory");
    assert_message(td_replace_text(folder, "x"), TD_ERR_FILE, "it is a folder");
    assert_message(td_replace_text("/dev/full", "x"), TD_ERR_FILE, "it is a device");
    assert_text("text");
}

Test(text_file, is_no_text_of_that_length)
{
    char *text;
    assert_message(td_read_text(path, 100, &text), TD_ERR_FILE, "No such file or directory");
    assert_message(td_read_text(folder, 100, &text), TD_ERR_FILE, "not a regular file");
    assert_message(td_read_text("/dev/zero", 100, &text), TD_ERR_FILE, "not a regular file");
    cr_assert_eq(td_replace_text(path, "12345"), TD_OK);
    assert_message(td_read_text(path, 4, &text), TD_ERR_FORMAT, "has 5 bytes; at most 4");
    cr_assert_eq(td_read_text(path, 5, &text), TD_OK);
    td_free(text);
    FILE *stream = fopen(path, "w");
    cr_assert(stream && fwrite("a\0b", 1, 3, stream) == 3 && fclose(stream) == 0);
    assert_message(td_read_text(path, 100, &text), TD_ERR_FORMAT, "NUL byte");
}
