/* .npy files, byte by byte; tests/jobs/use.py reads them with numpy. */
#include "store/npy.h"

#include "../data/scratch.h"

TestSuite(npy, .timeout = 60);

enum { HEADER = 128 };

/* Reads the file at path, which must have this many bytes after the header. */
static void read_file(const char *path, size_t bytes, char header[HEADER], void *values)
{
    char more;
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fread(header, 1, HEADER, file), HEADER);
    cr_assert_eq(fread(values, 1, bytes, file), bytes);
    cr_assert_eq(fread(&more, 1, 1, file), 0, "more bytes than expected");
    fclose(file);
}

/* The header is one line of 128 bytes that holds this dictionary. */
static void assert_header(const char header[HEADER], const char *dictionary)
{
    const size_t length = strlen(dictionary);
    cr_assert_arr_eq(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    cr_assert_arr_eq(header + 10, dictionary, length, "found %.118s", header + 10);
    for (size_t i = 10 + length; i < HEADER - 1; i++)
        cr_assert_eq(header[i], ' ', "byte %zu", i);
    cr_assert_eq(header[HEADER - 1], '\n');
}

Test(npy, has_the_shape_and_the_values)
{
    const scratch folder = scratch_make();
    const scratch_path path = scratch_in(&folder, "a.npy");
    const float values[] = {1, -2.5F, 3, 0.1F, 5, 6};
    char header[HEADER];
    float found[6];
    td_npy *npy;
    cr_assert_eq(td_npy_begin(path.text, (td_shape){TD_FLOAT32, 3, 2}, &npy), TD_OK);
    td_npy_write(npy, 4, values);
    td_npy_write(npy, 0, values);
    td_npy_write(npy, 2, values + 4);
    cr_assert_eq(td_npy_end(npy), TD_OK, "%s", td_message());
    read_file(path.text, sizeof found, header, found);
    assert_header(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
    cr_assert_arr_eq(found, values, sizeof values);
    scratch_remove(&folder);
}

Test(npy, knows_vectors_and_integers)
{
    const scratch folder = scratch_make();
    const scratch_path path = scratch_in(&folder, "a.npy"), empty = scratch_in(&folder, "b.npy");
    const int64_t values[] = {INT64_MIN, -1, INT64_MAX};
    char header[HEADER];
    int64_t found[3];
    cr_assert_eq(td_npy_save(path.text, (td_shape){TD_INT64, 3, 0}, values), TD_OK);
    read_file(path.text, sizeof found, header, found);
    assert_header(header, "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }");
    cr_assert_arr_eq(found, values, sizeof values);
    cr_assert_eq(td_npy_save(empty.text, (td_shape){TD_INT32, 0, 0}, NULL), TD_OK);
    read_file(empty.text, 0, header, found);
    assert_header(header, "{'descr': '<i4', 'fortran_order': False, 'shape': (0,), }");
    scratch_remove(&folder);
}

Test(npy, replaces_nothing_and_says_what_failed)
{
    const scratch folder = scratch_make();
    const scratch_path path = scratch_text(&folder, "a.npy", "mine");
    const float value = 1;
    td_npy *npy;
    cr_assert_eq(td_npy_begin(path.text, (td_shape){TD_FLOAT32, 1, 0}, &npy), TD_ERR_FILE);
    cr_assert(strstr(td_message(), "a.npy: File exists"), "%s", td_message());
    cr_assert_null(npy);
    cr_assert_eq(td_npy_save("/nowhere/a.npy", (td_shape){TD_FLOAT32, 1, 0}, &value), TD_ERR_FILE);
    scratch_remove(&folder);
}
