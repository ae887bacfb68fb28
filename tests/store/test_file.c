/* What the store promises: equal bytes from any number of ranks, files that appear whole or not at
 * all, and a plain word, the same on every rank, for whatever is not what it should be. */
#include "store/file.h"

#include "base/memory.h"
#include "store/checksum.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(file, .timeout = 100);

enum { PATH_BYTES = 512, USERS = 1003, WIDTH = 7, COUNTS = 5000001 };

/* Asserts on every rank or on none: a rank that fails alone would leave the others waiting. */
static void assert_on_all(td_comm *comm, bool holds, const char *what)
{
    char message[2048];
    snprintf(message, sizeof message, "%s", td_message());
    td_status mine = holds ? TD_OK : td_fail(TD_ERR_INPUT, "%s (message: %s)", what, message);
    cr_assert_eq(td_comm_agree(comm, mine), TD_OK, "%s", td_message());
}

/* A new folder, the same on every rank; remove_folder takes it away with all in it. */
static void make_folder(td_comm *comm, char folder[PATH_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, PATH_BYTES, "%s/tandem-test-XXXXXX", base ? base : "/tmp");
    bool made = td_comm_rank(comm) != 0 || mkdtemp(folder) != NULL;
    assert_on_all(comm, made, "mkdtemp");
    td_comm_broadcast(comm, 0, folder, PATH_BYTES);
}

static void remove_folder(td_comm *comm, const char *folder)
{
    char command[PATH_BYTES + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    td_comm_barrier(comm);
    bool removed = td_comm_rank(comm) != 0 || system(command) == 0;
    assert_on_all(comm, removed, "rm -rf");
}

static const char *in_folder(const char *folder, const char *name)
{
    static char paths[4][2 * PATH_BYTES];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int files_in(const char *folder)
{
    char command[PATH_BYTES + 32];
    int count = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *pipe = popen(command, "r");
    if (pipe && fscanf(pipe, "%d", &count) != 1)
        count = -1;
    if (pipe)
        pclose(pipe);
    return count;
}

static float weight_of(int64_t row, int64_t column)
{
    return (float)row + 0.125F * (float)column;
}

static td_status write_weights(td_comm *comm, td_file *file)
{
    int64_t first, rows;
    td_comm_share(comm, USERS, &first, &rows);
    float *weights = TD_NEW(float, (size_t)(rows * WIDTH));
    for (int64_t i = 0; i < rows * WIDTH; i++)
        weights[i] = weight_of(first + i / WIDTH, i % WIDTH);
    td_shape shape = {TD_FLOAT32, USERS, WIDTH};
    td_status status = td_file_write(file, "parameters/user/weight", shape, first, rows, weights);
    td_free(weights);
    return status;
}

/* 40 MB from the last rank alone: more than one piece, and ranks without rows. */
static td_status write_counts(td_comm *comm, td_file *file)
{
    bool writes = td_comm_rank(comm) == td_comm_size(comm) - 1;
    td_shape shape = {TD_INT64, COUNTS, 0};
    int64_t *counts = TD_NEW(int64_t, writes ? COUNTS : 0);
    for (int64_t i = 0; writes && i < COUNTS; i++)
        counts[i] = i * i;
    td_status status = td_file_make(file, "counts", shape);
    if (status == TD_OK)
        status = td_file_write_rows(file, "counts", 0, writes ? COUNTS : 0, writes ? counts : NULL);
    td_free(counts);
    return status;
}

static td_status write_small(td_comm *comm, td_file *file)
{
    int64_t offsets[] = {0, 3, 3, 8};
    char bytes[] = "onethree";
    td_strings strings = {3, offsets, bytes};
    double mean = 0.1;
    TD_TRY(td_file_write_strings(file, "names", td_comm_rank(comm) == 0 ? &strings : NULL));
    TD_TRY(td_file_write(file, "empty", (td_shape){TD_UINT8, 0, 0}, 0, 0, NULL));
    TD_TRY(td_file_write(file, "mean", (td_shape){TD_FLOAT64, 1, 0}, 0, td_comm_rank(comm) == 0,
                         &mean));
    TD_TRY(td_file_set_int(file, "", "epoch", 1));
    TD_TRY(td_file_set_int(file, "", "epoch", -3));
    TD_TRY(td_file_set_real(file, "parameters", "rate", 0.1));
    TD_TRY(td_file_set_text(file, "a/new/group", "note", "nothing"));
    return td_file_set_text(file, "counts", "unit", "");
}

/* Writes a file of every kind of thing. */
static td_status write_file(td_comm *comm, const char *path)
{
    td_file *file;
    TD_TRY(td_file_create(comm, path, "tandem-test", 2, &file));
    td_status status = write_weights(comm, file);
    if (status == TD_OK)
        status = write_counts(comm, file);
    if (status == TD_OK)
        status = write_small(comm, file);
    if (status == TD_OK)
        return td_file_publish(file);
    td_file_discard(file);
    return status;
}

Test(file, written_by_many_is_written_by_one)
{
    td_comm *comm = td_comm_start(), *alone = td_comm_alone(comm);
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *shared = in_folder(folder, "shared.h5"), *serial = in_folder(folder, "serial.h5");
    assert_on_all(comm, write_file(comm, shared) == TD_OK, "written by all ranks");
    td_status status = td_comm_rank(comm) == 0 ? write_file(alone, serial) : TD_OK;
    assert_on_all(comm, status == TD_OK, "written by one rank");
    uint64_t ours = 0, theirs = 1;
    td_status read = td_checksum_path(shared, &ours);
    assert_on_all(comm, read == TD_OK && td_checksum_path(serial, &theirs) == TD_OK, "read");
    assert_on_all(comm, ours == theirs, "equal bytes");
    assert_on_all(comm, files_in(folder) == 2, "no temporary file is left");
    remove_folder(comm, folder);
    td_comm_free(alone);
    td_comm_stop(comm);
}

static bool has_weights(td_comm *comm, td_file *file)
{
    int64_t first, rows;
    td_comm_share(comm, USERS, &first, &rows);
    float *weights = TD_NEW(float, (size_t)(rows * WIDTH));
    td_status status =
        td_file_read_rows(file, "parameters/user/weight", TD_FLOAT32, first, rows, weights);
    bool right = status == TD_OK;
    for (int64_t i = 0; i < rows * WIDTH && right; i++)
        right = weights[i] == weight_of(first + i / WIDTH, i % WIDTH);
    td_free(weights);
    return right;
}

static bool has_counts(td_file *file)
{
    td_shape shape = {0};
    void *block = NULL;
    bool right = td_file_read(file, "counts", TD_INT64, &shape, &block) == TD_OK &&
                 shape.type == TD_INT64 && shape.rows == COUNTS && shape.columns == 0;
    const int64_t *counts = block;
    for (int64_t i = 0; right && i < COUNTS; i++)
        right = counts[i] == i * i;
    td_free(block);
    return right;
}

static bool has_names(td_file *file)
{
    td_strings names = {0};
    bool right = td_file_read_strings(file, "names", &names) == TD_OK && names.count == 3 &&
                 names.offsets[1] == 3 && names.offsets[2] == 3 && names.offsets[3] == 8 &&
                 memcmp(names.bytes, "onethree", 8) == 0;
    td_strings_free(&names);
    return right;
}

static bool has_text(td_file *file, const char *name, const char *attribute, const char *expected)
{
    char *text = NULL;
    bool right =
        td_file_get_text(file, name, attribute, &text) == TD_OK && strcmp(text, expected) == 0;
    td_free(text);
    return right;
}

static bool has_attributes(td_file *file)
{
    int64_t epoch = 0;
    double rate = 0;
    td_attribute_kind kind = TD_ATTRIBUTE_OTHER;
    return td_file_get_int(file, "", "epoch", &epoch) == TD_OK && epoch == -3 &&
           td_file_get_real(file, "parameters", "rate", &rate) == TD_OK && rate == 0.1 &&
           td_file_kind_of_attribute(file, "parameters", "rate", &kind) == TD_OK &&
           kind == TD_ATTRIBUTE_REAL && has_text(file, "a/new/group", "note", "nothing") &&
           has_text(file, "counts", "unit", "") && has_text(file, "", "format", "tandem-test");
}

static bool lists(td_status status, size_t count, char **names, const char *expected)
{
    char text[512] = "";
    for (size_t i = 0; status == TD_OK && i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s;", names[i]);
    if (status == TD_OK)
        td_free(names);
    return status == TD_OK && strcmp(text, expected) == 0;
}

static bool has_lists(td_file *file)
{
    size_t count = 0;
    char **names = NULL;
    bool there = false, missing = true;
    td_status listed = td_file_list(file, "", &count, &names);
    bool right = lists(listed, count, names, "a;counts;empty;mean;names;parameters;");
    listed = td_file_list(file, "nowhere/at/all", &count, &names);
    right = right && lists(listed, count, names, "");
    listed = td_file_list_datasets(file, "names", &count, &names);
    right = right && lists(listed, count, names, "names/bytes;names/offsets;");
    listed = td_file_list_attributes(file, "", &count, &names);
    right = right && lists(listed, count, names, "epoch;format;version;");
    return right && td_file_has(file, "parameters/user", &there) == TD_OK && there &&
           td_file_has(file, "counts/user", &missing) == TD_OK && !missing;
}

Test(file, written_by_one_is_read_by_many)
{
    td_comm *comm = td_comm_start(), *alone = td_comm_alone(comm);
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "serial.h5");
    td_status status = td_comm_rank(comm) == 0 ? write_file(alone, path) : TD_OK;
    assert_on_all(comm, status == TD_OK, "written");
    td_file *file = NULL;
    status = td_file_open(comm, path, "tandem-test", 3, &file);
    assert_on_all(comm, status == TD_OK && strcmp(td_file_path(file), path) == 0, "opened");
    assert_on_all(comm, has_weights(comm, file), "rows of two dimensions");
    assert_on_all(comm, has_counts(file), "a whole dataset of several pieces");
    assert_on_all(comm, has_names(file), "strings");
    assert_on_all(comm, has_attributes(file), "attributes");
    assert_on_all(comm, has_lists(file), "names");
    td_file_discard(file);
    remove_folder(comm, folder);
    td_comm_free(alone);
    td_comm_stop(comm);
}

static void put_text(td_comm *comm, const char *path, const char *text)
{
    bool written = true;
    if (td_comm_rank(comm) == 0) {
        FILE *stream = fopen(path, "w");
        written = stream && fputs(text, stream) >= 0;
        written = stream && fclose(stream) == 0 && written;
    }
    assert_on_all(comm, written, "the test's own file");
}

static bool has_content(const char *path, const char *expected)
{
    char text[32] = "";
    FILE *stream = fopen(path, "r");
    size_t got = stream ? fread(text, 1, sizeof text - 1, stream) : 0;
    if (stream)
        fclose(stream);
    return got == strlen(expected) && strcmp(text, expected) == 0;
}

Test(file, appears_whole_or_not_at_all)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    put_text(comm, path, "the old one");
    td_file *file = NULL, *other = NULL;
    bool made = td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
                td_file_create(comm, path, "tandem-test", 1, &other) == TD_OK &&
                write_weights(comm, file) == TD_OK && write_weights(comm, other) == TD_OK;
    assert_on_all(comm, made, "two writers of one path");
    assert_on_all(comm, has_content(path, "the old one"), "unchanged while it is written");
    assert_on_all(comm, files_in(folder) == 3, "each writer has its own temporary file");
    td_file_discard(other);
    td_comm_barrier(comm);
    assert_on_all(comm, has_content(path, "the old one") && files_in(folder) == 2, "discarded");
    assert_on_all(comm, td_file_publish(file) == TD_OK && files_in(folder) == 1, "published");
    td_status status = td_file_open(comm, path, "tandem-test", 1, &file);
    assert_on_all(comm, status == TD_OK && has_weights(comm, file), "whole");
    td_file_discard(file);

    /* A file whose writing failed is not published, even where the caller overlooks it. */
    bool failed = td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
                  td_file_write_rows(file, "nothing", 0, 0, NULL) == TD_ERR_FORMAT &&
                  td_file_publish(file) == TD_ERR_FILE;
    status = td_file_open(comm, path, "tandem-test", 1, &file);
    assert_on_all(comm, failed && status == TD_OK && files_in(folder) == 1, "failed");
    td_file_discard(file);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

/* Asserts that a call failed on every rank alike, with a message that has these words. */
static void assert_refused(td_comm *comm, td_status status, td_status expected, const char *words)
{
    char what[256];
    snprintf(what, sizeof what, "expected '%s' and '%s', found '%s'", td_status_text(expected),
             words, td_status_text(status));
    assert_on_all(comm, status == expected && strstr(td_message(), words), what);
}

static void assert_not_created(td_comm *comm, const char *path, const char *words)
{
    td_file *file;
    assert_refused(comm, td_file_create(comm, path, "tandem-test", 1, &file), TD_ERR_FILE, words);
}

Test(file, cannot_be_written_there)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES], longest[NAME_MAX + 1];
    make_folder(comm, folder);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *file = in_folder(folder, "file");
    put_text(comm, file, "text");
    assert_not_created(comm, in_folder(folder, "missing/run.h5"), "No such file or directory");
    assert_not_created(comm, in_folder(folder, "file/run.h5"), "Not a directory");
    assert_not_created(comm, in_folder(folder, longest), "File name too long");
    assert_not_created(comm, folder, "it is a folder");
    assert_not_created(comm, in_folder(folder, ""), "names no file");
    assert_not_created(comm, "", "names no file");
    assert_not_created(comm, "/dev/full", "it is a device");
    assert_not_created(comm, "/proc/run.h5", "cannot write /proc/run.h5");
    assert_on_all(comm, files_in(folder) == 1, "nothing is left behind");
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

static void assert_not_opened(td_comm *comm, const char *path, td_status expected,
                              const char *words)
{
    td_file *file;
    td_status status = td_file_open(comm, path, "tandem-test", 1, &file);
    assert_refused(comm, status, expected, words);
}

/* Cuts the file at path to bytes. */
static void cut_file(td_comm *comm, const char *path, off_t bytes)
{
    td_comm_barrier(comm);
    bool done = td_comm_rank(comm) != 0 || truncate(path, bytes) == 0;
    assert_on_all(comm, done, "truncate");
}

static void write_weights_file(td_comm *comm, const char *path, const char *format, int64_t version)
{
    td_file *file;
    bool written = td_file_create(comm, path, format, version, &file) == TD_OK &&
                   write_weights(comm, file) == TD_OK && td_file_publish(file) == TD_OK;
    assert_on_all(comm, written, "written");
}

Test(file, is_not_what_was_expected)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    assert_not_opened(comm, path, TD_ERR_FILE, "No such file or directory");
    assert_not_opened(comm, folder, TD_ERR_FILE, "it is a folder");
    assert_not_opened(comm, "/dev/null", TD_ERR_FILE, "no regular file");
    put_text(comm, path, "");
    assert_not_opened(comm, path, TD_ERR_FORMAT, "is empty, where a tandem-test file was expected");
    put_text(comm, path, "1\t2\t3\t4, a table of ratings");
    assert_not_opened(comm, path, TD_ERR_FORMAT, "no HDF5 file");
    put_text(comm, path, "\x89HDF\r\n\x1a\n and then text");
    assert_not_opened(comm, path, TD_ERR_FORMAT, "HDF5 cannot open it");
    write_weights_file(comm, path, "tandem-other", 1);
    assert_not_opened(comm, path, TD_ERR_FORMAT, "'tandem-other' file, where a 'tandem-test'");
    write_weights_file(comm, path, "tandem-test", 2);
    assert_not_opened(comm, path, TD_ERR_FORMAT, "version 2");
    write_weights_file(comm, path, "tandem-test", 0);
    assert_not_opened(comm, path, TD_ERR_FORMAT, "version 0");
    write_weights_file(comm, path, "tandem-test", 1);
    for (off_t bytes = 20000; bytes > 0; bytes /= 3) {
        cut_file(comm, path, bytes);
        assert_not_opened(comm, path, TD_ERR_FORMAT, path);
    }
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

Test(file, has_not_what_was_expected)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5"), *weight = "parameters/user/weight";
    write_weights_file(comm, path, "tandem-test", 1);
    td_file *file = NULL;
    td_shape shape;
    float values[WIDTH];
    void *block;
    int64_t number;
    char *text, **names;
    size_t count;
    assert_on_all(comm, td_file_open(comm, path, NULL, 0, &file) == TD_OK, "opened");
    assert_refused(comm, td_file_shape(file, "parameters/item", &shape), TD_ERR_FORMAT,
                   "there is no dataset 'parameters/item'");
    assert_refused(comm, td_file_shape(file, "parameters", &shape), TD_ERR_FORMAT,
                   "'parameters' is no dataset");
    assert_refused(comm, td_file_list(file, weight, &count, &names), TD_ERR_FORMAT,
                   "the names in 'parameters/user/weight' cannot be read");
    assert_refused(comm, td_file_read(file, weight, TD_FLOAT64, &shape, &block), TD_ERR_FORMAT,
                   "holds float32, where float64 was expected");
    assert_refused(comm, td_file_read_rows(file, weight, TD_FLOAT32, USERS, 1, values),
                   TD_ERR_FORMAT, "has 1003 rows; 1 from row 1003 on were expected");
    assert_refused(comm, td_file_read_rows(file, weight, TD_FLOAT32, -1, 1, values), TD_ERR_FORMAT,
                   "1 from row -1");
    assert_refused(comm, td_file_get_int(file, "", "epoch", &number), TD_ERR_FORMAT,
                   "has no attribute 'epoch'");
    assert_refused(comm, td_file_get_int(file, "", "format", &number), TD_ERR_FORMAT,
                   "attribute 'format' of '/' is not one int64");
    assert_refused(comm, td_file_get_text(file, "", "version", &text), TD_ERR_FORMAT,
                   "attribute 'version' of '/' is not one text");
    td_file_discard(file);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

static hid_t add_dataset(hid_t file, const char *name, hid_t type, int dimensions, hid_t list)
{
    hsize_t sizes[3] = {2, 3, 4};
    hid_t space = H5Screate_simple(dimensions, sizes, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Sclose(space);
    return set;
}

/* What others could put into a file, to make tandem read elsewhere or what is not there. */
static bool write_strange_file(const char *path, const char *secret)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t chunked = H5Pcreate(H5P_DATASET_CREATE), outside = H5Pcreate(H5P_DATASET_CREATE);
    hid_t text = H5Tcopy(H5T_C_S1), inside = H5Gcreate2(file, "inside", 0, 0, 0);
    const hsize_t chunk[2] = {1, 1};
    bool made = H5Pset_chunk(chunked, 2, chunk) >= 0 &&
                H5Pset_external(outside, secret, 0, 8) >= 0 &&
                H5Tset_size(text, H5T_VARIABLE) >= 0 &&
                H5Dclose(add_dataset(file, "chunked", H5T_STD_I32LE, 2, chunked)) >= 0 &&
                H5Dclose(add_dataset(file, "outside", H5T_STD_I32LE, 1, outside)) >= 0 &&
                H5Dclose(add_dataset(file, "big_endian", H5T_STD_I32BE, 1, H5P_DEFAULT)) >= 0 &&
                H5Dclose(add_dataset(file, "text", text, 1, H5P_DEFAULT)) >= 0 &&
                H5Dclose(add_dataset(file, "cube", H5T_STD_I32LE, 3, H5P_DEFAULT)) >= 0 &&
                H5Dclose(add_dataset(file, "unwritten", H5T_STD_I32LE, 2, H5P_DEFAULT)) >= 0 &&
                H5Dclose(add_dataset(file, "inside/set", H5T_STD_I32LE, 1, H5P_DEFAULT)) >= 0 &&
                H5Lcreate_soft("/inside", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
                H5Lcreate_external(secret, "/", file, "external", 0, 0) >= 0 &&
                H5Lcreate_hard(file, "inside", file, "inside/itself", 0, 0) >= 0;
    H5Gclose(inside);
    H5Tclose(text);
    H5Pclose(chunked);
    H5Pclose(outside);
    return H5Fclose(file) >= 0 && made;
}

Test(file, refuses_what_leads_elsewhere)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "strange.h5"), *secret = in_folder(folder, "secret");
    put_text(comm, secret, "secret!!");
    bool made = td_comm_rank(comm) != 0 || write_strange_file(path, secret);
    assert_on_all(comm, made, "the test's own HDF5 file");
    static const struct {
        const char *name;
        const char *words;
    } cases[] = {
        {"chunked", "not stored in one piece"},
        {"outside", "not stored in one piece"},
        {"unwritten", "not stored in one piece"},
        {"big_endian", "element type"},
        {"text", "element type"},
        {"cube", "one or two dimensions"},
        {"soft/set", "soft or external link"},
        {"external", "soft or external link"},
    };
    td_file *file = NULL;
    td_shape shape;
    size_t count;
    char **names;
    assert_on_all(comm, td_file_open(comm, path, NULL, 0, &file) == TD_OK, "opened");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(comm, td_file_shape(file, cases[i].name, &shape), TD_ERR_FORMAT,
                       cases[i].words);
    assert_refused(comm, td_file_list(file, "", &count, &names), TD_ERR_FORMAT,
                   "soft or external link");
    assert_refused(comm, td_file_list_datasets(file, "inside", &count, &names), TD_ERR_FORMAT,
                   "nested more than 16 deep");
    td_file_discard(file);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

static td_status write_file_of(td_comm *comm, const char *path, int64_t rows)
{
    int64_t first, mine;
    td_comm_share(comm, rows, &first, &mine);
    int64_t *values = TD_NEW(int64_t, (size_t)mine);
    td_file *file;
    td_status status = td_file_create(comm, path, "tandem-test", 1, &file);
    if (status == TD_OK) {
        status = td_file_write(file, "values", (td_shape){TD_INT64, rows, 0}, first, mine, values);
        if (status == TD_OK)
            status = td_file_publish(file);
        else
            td_file_discard(file);
    }
    td_free(values);
    return status;
}

/* Writes files of many sizes around those 2 MiB, each in an empty folder. */
static void fill_disk(td_comm *comm, const char *folder)
{
    const char *path = in_folder(folder, "values.h5");
    int refusals = 0, files = 0;
    for (int64_t bytes = 1 << 21; bytes > 1 << 20; bytes -= 61 << 10) {
        td_status status = write_file_of(comm, path, bytes / 8);
        bool fits = status == TD_OK;
        bool clear =
            fits || (status == TD_ERR_FILE && strstr(td_message(), "No space left on device"));
        assert_on_all(comm, clear && files_in(folder) == (fits ? 1 : 0), "whole or not there");
        bool removed = td_comm_rank(comm) != 0 || !fits || unlink(path) == 0;
        assert_on_all(comm, removed, "unlink");
        refusals += !fits;
        files += fits;
    }
    assert_on_all(comm, refusals >= 2 && files >= 8, "some fit, some do not");
}

Test(file, meets_a_full_disk)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_status mounted = TD_OK;
    if (td_comm_rank(comm) == 0 && mount("none", folder, "tmpfs", 0, "size=2m") != 0)
        mounted = TD_ERR_FILE;
    if (td_comm_agree(comm, mounted) != TD_OK) {
        if (td_comm_rank(comm) == 0)
            fprintf(stderr, "skipped: a full disk (this user may not mount a tmpfs)\n");
    } else {
        fill_disk(comm, folder);
        bool unmounted = td_comm_rank(comm) != 0 || umount(folder) == 0;
        assert_on_all(comm, unmounted, "umount");
    }
    remove_folder(comm, folder);
    td_comm_stop(comm);
}
