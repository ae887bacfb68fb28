/* What is at a path: nothing is an answer, what cannot be looked at is an error. */
#include "base/look.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    fputs(text, file);
    fclose(file);
}

static void begin(void)
{
    strcpy(folder, "/tmp/test-look-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    write_file("file", "some text");
    write_file("empty", "");
    cr_assert_eq(symlink("file", in_folder("link")), 0);
    cr_assert_eq(symlink("loop", in_folder("loop")), 0);
    cr_assert_eq(symlink("gone", in_folder("dangling")), 0);
}

static void end(void)
{
    static const char *const names[] = {"file", "empty", "link", "loop", "dangling"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_folder(names[i]));
    rmdir(folder);
}

TestSuite(look, .init = begin, .fini = end);

static td_look at(const char *name)
{
    td_look what;
    cr_assert_eq(td_look_at(in_folder(name), &what), TD_OK, "%s", td_message());
    return what;
}

static td_look at_name(const char *name)
{
    td_look what;
    cr_assert_eq(td_look_at_name(in_folder(name), &what), TD_OK, "%s", td_message());
    return what;
}

Test(look, tells_what_is_there)
{
    cr_assert_eq(at("file"), TD_LOOK_FILE);
    cr_assert_eq(at("link"), TD_LOOK_FILE);
    cr_assert_eq(at_name("link"), TD_LOOK_OTHER);
    cr_assert_eq(at("."), TD_LOOK_FOLDER);
    cr_assert_eq(at("none"), TD_LOOK_NOTHING);
    cr_assert_eq(at("file/below"), TD_LOOK_NOTHING);
    cr_assert_eq(at("dangling"), TD_LOOK_NOTHING);
    cr_assert_eq(at_name("dangling"), TD_LOOK_OTHER);
}

Test(look, what_cannot_be_looked_at_is_an_error)
{
    td_look what;
    bool same, is_empty;
    char start[8];
    size_t length;
    td_folder none;
    cr_assert_eq(td_look_at(in_folder("loop"), &what), TD_ERR_FILE);
    cr_assert(strstr(td_message(), "loop: Too many levels"), "%s", td_message());
    cr_assert_eq(td_look_for_same(in_folder("file"), in_folder("loop"), &same), TD_ERR_FILE);
    cr_assert_eq(td_look_for_content(in_folder("loop/x"), &is_empty), TD_ERR_FILE);
    cr_assert_eq(td_look_at_start(in_folder("loop"), sizeof start, start, &length), TD_ERR_FILE);
    cr_assert_eq(td_look_at_start(folder, sizeof start, start, &length), TD_ERR_FILE);
    cr_assert_eq(td_folder_read(in_folder("none"), &none), TD_ERR_FILE);
    cr_assert_eq(none.count, 0);
}

Test(look, compares_files)
{
    bool same;
    cr_assert_eq(td_look_for_same(in_folder("file"), in_folder("link"), &same), TD_OK);
    cr_assert(same);
    cr_assert_eq(td_look_for_same(in_folder("file"), in_folder("empty"), &same), TD_OK);
    cr_assert_not(same);
    cr_assert_eq(td_look_for_same(in_folder("none"), in_folder("none"), &same), TD_OK);
    cr_assert_not(same);
}

Test(look, reads_starts_and_parts)
{
    char start[5];
    size_t length;
    bool is_empty;
    cr_assert_eq(td_look_at_start(in_folder("file"), sizeof start, start, &length), TD_OK);
    cr_assert_str_eq(start, "some");
    cr_assert_eq(length, 4);
    cr_assert_eq(td_look_at_start(in_folder("none"), sizeof start, start, &length), TD_OK);
    cr_assert_eq(length, 0);
    cr_assert_eq(td_look_for_content(in_folder("empty"), &is_empty), TD_OK);
    cr_assert(is_empty);
    cr_assert_eq(td_look_for_content(in_folder("dangling"), &is_empty), TD_OK);
    cr_assert_not(is_empty);
    const int file = open(in_folder("file"), O_RDONLY);
    cr_assert_eq(td_read_at(file, start, sizeof start, 5), 4);
    cr_assert_eq(memcmp(start, "text", 4), 0);
    close(file);
    cr_assert_eq(td_read_at(file, start, sizeof start, 0), -1);
}

Test(look, lists_a_folder_in_order)
{
    td_folder all;
    cr_assert_eq(td_folder_read(folder, &all), TD_OK);
    cr_assert_eq(all.count, 5);
    cr_assert_str_eq(all.name[0], "dangling");
    cr_assert_str_eq(all.name[4], "loop");
    td_folder_free(&all);
    cr_assert_eq(all.count, 0);
}
