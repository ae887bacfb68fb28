/* .npy files, byte by byte; tests/jobs/use_exports.py reads them with numpy. */
#include "store/npy.h"

#include "../data/scratch.h"

#include <math.h>

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

/* Writes a file of format 1.0 with this dictionary and these bytes behind it. */
static void put_npy(const char *path, const char *dictionary, size_t bytes, const void *values)
{
    char header[HEADER];
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(header + 10, dictionary, strlen(dictionary));
    header[HEADER - 1] = '\n';
    cr_assert_eq(fwrite(header, 1, HEADER, file), HEADER);
    cr_assert_eq(fwrite(values, 1, bytes, file), bytes);
    fclose(file);
}

Test(npy, reads_floats_of_any_size)
{
    const scratch folder = scratch_make();
    const scratch_path path = scratch_in(&folder, "a.npy");
    /* 1, -2, the largest, the smallest, infinity and NaN, as IEEE 754 has them */
    const uint16_t halves[] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00};
    const double reals[] = {0.1, -3, 1e300, 4};
    float found[4];
    td_npy_input *npy;
    put_npy(path.text, "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 2), }", sizeof halves,
            halves);
    cr_assert_eq(td_npy_open(path.text, &npy), TD_OK, "%s", td_message());
    cr_assert(td_npy_shape(npy).rows == 3 && td_npy_shape(npy).columns == 2);
    cr_assert_eq(td_npy_read(npy, 0, 2, found), TD_OK);
    cr_assert(found[0] == 1 && found[1] == -2 && found[2] == 65504 && found[3] == 0x1p-24F);
    cr_assert_eq(td_npy_read(npy, 2, 1, found), TD_OK);
    cr_assert(isinf(found[0]) && isnan(found[1]));
    td_npy_close(npy);
    put_npy(path.text, "{'shape': (2, 2), 'fortran_order': False, 'descr': '<f8'}", sizeof reals,
            reals);
    cr_assert_eq(td_npy_open(path.text, &npy), TD_OK, "%s", td_message());
    cr_assert_eq(td_npy_read(npy, 0, 2, found), TD_OK);
    cr_assert(found[0] == 0.1F && found[1] == -3 && isinf(found[2]) && found[3] == 4);
    td_npy_close(npy);
    scratch_remove(&folder);
}

Test(npy, refuses_what_it_cannot_read)
{
    static const struct {
        const char *dictionary, *says;
    } wrong[] = {
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }", "'<i4'"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }", "'>f4'"},
        {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1, 2), }", "float16"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", "C order"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "the shape (2,)"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2), }", "(1, 1, 2)"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, -2), }", "(1, -2)"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2), }", "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", "140 bytes by its header"},
        {"", "found : save"},
    };
    const scratch folder = scratch_make();
    const scratch_path path = scratch_in(&folder, "a.npy");
    const float values[] = {1, 2};
    td_npy_input *npy;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_npy(path.text, wrong[i].dictionary, sizeof values, values);
        cr_assert_eq(td_npy_open(path.text, &npy), TD_ERR_INPUT, "%s", wrong[i].dictionary);
        cr_assert_not_null(strstr(td_message(), wrong[i].says), "%s", td_message());
        cr_assert_null(npy);
    }
    FILE *file = fopen(path.text, "wb");
    cr_assert_eq(fwrite("\x93NUMPY\x01\x00\xff\xff{", 1, 11, file), 11);
    fclose(file);
    cr_assert_eq(td_npy_open(path.text, &npy), TD_ERR_INPUT);
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
