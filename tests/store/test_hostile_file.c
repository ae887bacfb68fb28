/* What the store says of places where it cannot write and of files that are not what they should
 * be: the same plain word on every rank, and never a crash. */
#include "job.h"
#include "shared.h"

#include <limits.h>
#include <unistd.h>

MPI_SUITE(hostile_file)

static void assert_not_created(td_comm *comm, const char *path, const char *words)
{
    td_file *file;
    assert_refused(comm, td_file_create(comm, path, "tandem-test", 1, &file), TD_ERR_FILE, words);
}

MPI_TEST(hostile_file, cannot_be_written_there)
{
    td_comm *comm = job_comm();
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

MPI_TEST(hostile_file, is_not_what_was_expected)
{
    td_comm *comm = job_comm();
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
    put_text(comm, path, "\x89HDF\r\n\x1a\n\x01 and then text");
    assert_not_opened(comm, path, TD_ERR_FORMAT, "has version 1 of HDF5's own format");
    put_text(comm, path, "\x89HDF\r\n\x1a\n\x02 and then text");
    assert_not_opened(comm, path, TD_ERR_FORMAT, "is cut short: it has 23 bytes");
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
}

MPI_TEST(hostile_file, has_not_what_was_expected)
{
    td_comm *comm = job_comm();
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
    int64_t wrong = td_comm_rank(comm) == td_comm_size(comm) - 1 ? USERS + 1 : 0;
    assert_refused(comm, td_file_read_rows(file, weight, TD_FLOAT32, 0, wrong, values),
                   TD_ERR_FORMAT, "has 1003 rows; 1004 from row 0"); /* one rank's fault alone */
    assert_refused(comm, td_file_get_int(file, "", "epoch", &number), TD_ERR_FORMAT,
                   "has no attribute 'epoch'");
    assert_refused(comm, td_file_get_int(file, "", "format", &number), TD_ERR_FORMAT,
                   "attribute 'format' of '/' is not one int64");
    assert_refused(comm, td_file_get_text(file, "", "version", &text), TD_ERR_FORMAT,
                   "attribute 'version' of '/' is not one text");
    td_file_discard(file);
    remove_folder(comm, folder);
}

/* Writes a list of three strings of 8 bytes with these offsets, by way of its parts. */
static void write_offsets(td_comm *comm, const char *path, td_shape shape, const int64_t *offsets)
{
    td_file *file;
    int64_t mine = td_comm_rank(comm) == 0;
    bool written =
        td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
        write_dataset(file, "names/bytes", (td_shape){TD_UINT8, 8, 0}, 0, 8 * mine, "onethree") ==
            TD_OK &&
        write_dataset(file, "names/offsets", shape, 0, shape.rows * mine, offsets) == TD_OK &&
        td_file_publish(file) == TD_OK;
    assert_on_all(comm, written, "written");
}

MPI_TEST(hostile_file, has_strings_that_end_before_they_begin)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    static const struct {
        td_shape shape;
        int64_t offsets[4];
        const char *words;
    } cases[] = {{{TD_INT64, 4, 0}, {0, 5, 3, 8}, "do not rise from 0 to the 8 bytes"},
                 {{TD_INT64, 4, 0}, {1, 3, 3, 8}, "do not rise from 0"},
                 {{TD_INT64, 4, 0}, {0, 3, 3, 9}, "do not rise from 0"},
                 {{TD_INT64, 4, 0}, {0, -3, 3, 8}, "do not rise from 0"},
                 {{TD_INT64, 2, 2}, {0, 3, 3, 8}, "'names' is no list of strings"},
                 {{TD_INT64, 0, 0}, {0, 0, 0, 0}, "'names' is no list of strings"},
                 {{TD_INT32, 4, 0}, {0, 0, 0, 0}, "holds int32, where int64 was expected"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        td_file *file;
        td_strings strings = {0};
        write_offsets(comm, path, cases[i].shape, cases[i].offsets);
        td_status status = td_file_open(comm, path, "tandem-test", 1, &file);
        assert_on_all(comm, status == TD_OK, "opened");
        assert_refused(comm, td_file_read_strings(file, "names", &strings), TD_ERR_FORMAT,
                       cases[i].words);
        assert_on_all(comm, strings.bytes == NULL && strings.offsets == NULL, "nothing is left");
        td_file_discard(file);
    }
    remove_folder(comm, folder);
}

/* A state of our own, so that a failing case can be repeated. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33) % below;
}

/* Few values, so that most bytes are HDF5's own. */
static void write_small_file(td_comm *comm, const char *path)
{
    td_file *file;
    int64_t offsets[] = {0, 3, 3, 8};
    char bytes[] = "onethree", name[32];
    td_strings strings = {3, offsets, bytes};
    td_status status = td_file_create(comm, path, "tandem-test", 1, &file);
    assert_on_all(comm, status == TD_OK, "created");
    status = write_strings(file, "names", &strings);
    for (int i = 0; i < 20 && status == TD_OK; i++) { /* more than an object's header can hold */
        snprintf(name, sizeof name, "group/%d", i);
        status = write_dataset(file, name, (td_shape){TD_INT64, 4, 0}, 0,
                               td_comm_rank(comm) == 0 ? 4 : 0, offsets);
        if (status == TD_OK)
            status = td_file_set_int(file, "", name + 6, i);
    }
    assert_on_all(comm, status == TD_OK && td_file_publish(file) == TD_OK, "written");
}

static char *read_bytes(const char *path, size_t *count)
{
    FILE *stream = fopen(path, "rb");
    cr_assert(stream && fseek(stream, 0, SEEK_END) == 0);
    *count = (size_t)ftell(stream);
    rewind(stream);
    char *bytes = TD_NEW(char, *count);
    cr_assert_eq(fread(bytes, 1, *count, stream), *count);
    fclose(stream);
    return bytes;
}

/* Writes a copy of bytes with up to eight of them changed, or a run of them, and maybe cut. */
static void write_mutation(const char *path, const char *bytes, size_t count, uint64_t *state)
{
    char *copy = TD_NEW(char, count);
    memcpy(copy, bytes, count);
    uint32_t end = (uint32_t)count;
    for (uint32_t changes = draw(state, 8) + 1; changes > 0; changes--)
        copy[draw(state, end)] = (char)draw(state, 256);
    if (draw(state, 4) == 0) {
        uint32_t start = draw(state, end), length = draw(state, 64);
        memset(copy + start, (int)draw(state, 2) * 255,
               length < end - start ? length : end - start);
    }
    if (draw(state, 8) == 0)
        count = draw(state, end);
    FILE *stream = fopen(path, "wb");
    cr_assert(stream && fwrite(copy, 1, count, stream) == count && fclose(stream) == 0);
    td_free(copy);
}

static td_status read_attributes(td_file *file, const char *name)
{
    size_t count = 0;
    char **names = NULL, *text;
    int64_t number;
    td_status status = td_file_list_attributes(file, name, &count, &names);
    for (size_t i = 0; status == TD_OK && i < count; i++) {
        if (td_file_get_text(file, name, names[i], &text) == TD_OK)
            td_free(text);
        else
            status = td_file_get_int(file, name, names[i], &number);
    }
    td_free(names);
    return status;
}

static td_status read_everything(td_comm *comm, const char *path)
{
    td_file *file;
    TD_TRY(td_file_open(comm, path, "tandem-test", 1, &file));
    size_t count = 0;
    char **names = NULL;
    td_status status = td_file_list_datasets(file, "", &count, &names);
    for (size_t i = 0; status == TD_OK && i < count; i++) {
        td_shape shape;
        void *values = NULL;
        status = td_file_shape(file, names[i], &shape);
        if (status == TD_OK)
            status = td_file_read(file, names[i], shape.type, &shape, &values);
        td_free(values);
    }
    td_free(names);
    if (status == TD_OK)
        status = read_attributes(file, "");
    td_file_discard(file);
    return status;
}

MPI_TEST(hostile_file, is_one_of_ours_with_a_few_bytes_changed)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5"), *cases = getenv("TANDEM_MUTATIONS");
    int mutations = cases ? atoi(cases) : td_comm_size(comm) == 1 ? 200 : 20, refusals = 0;
    uint64_t state = 1;
    write_small_file(comm, path);
    size_t count;
    char *bytes = read_bytes(path, &count);
    td_comm_barrier(comm); /* all have read it before rank 0 changes it */
    for (int i = 0; i < mutations; i++) {
        if (td_comm_rank(comm) == 0)
            write_mutation(path, bytes, count, &state);
        td_comm_barrier(comm);
        td_status status = read_everything(comm, path);
        bool clear = status == TD_OK || strstr(td_message(), path);
        assert_on_all(comm, clear, "a message that names the file");
        refusals += status != TD_OK;
    }
    assert_on_all(comm, 2 * refusals > mutations, "most changes are found");
    td_free(bytes);
    remove_folder(comm, folder);
}
