/* What the store promises of its own files: equal bytes from any number of ranks, and files that
 * appear whole or not at all, also where the disk is full. */
#include "shared.h"

#include "job.h"
#include "store/checksum.h"

#include <sys/mount.h>
#include <unistd.h>

MPI_SUITE(file)

enum { COUNTS = 5000001 };

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
    TD_TRY(write_strings(file, "names", td_comm_rank(comm) == 0 ? &strings : NULL));
    TD_TRY(write_dataset(file, "empty", (td_shape){TD_UINT8, 0, 0}, 0, 0, NULL));
    TD_TRY(write_dataset(file, "mean", (td_shape){TD_FLOAT64, 1, 0}, 0, td_comm_rank(comm) == 0,
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

MPI_TEST(file, written_by_many_is_written_by_one)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
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

MPI_TEST(file, written_by_one_is_read_by_many)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "serial.h5");
    td_status status = td_comm_rank(comm) == 0 ? write_file(alone, path) : TD_OK;
    assert_on_all(comm, status == TD_OK, "written");
    td_file *file = NULL;
    status = td_file_open(comm, path, "tandem-test", 2, &file);
    assert_on_all(comm, status == TD_OK && strcmp(td_file_path(file), path) == 0, "opened");
    assert_on_all(comm, has_weights(comm, file), "rows of two dimensions");
    assert_on_all(comm, has_counts(file), "a whole dataset of several pieces");
    assert_on_all(comm, has_names(file), "strings");
    assert_on_all(comm, has_attributes(file), "attributes");
    assert_on_all(comm, has_lists(file), "names");
    td_file_discard(file);
    remove_folder(comm, folder);
    td_comm_free(alone);
}

/* A dataset that comes after rows were written may be read, too. */
MPI_TEST(file, is_read_by_all_while_it_is_written)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_file *file = NULL;
    td_status status = td_file_create(comm, in_folder(folder, "x.h5"), "tandem-test", 2, &file);
    assert_on_all(comm, status == TD_OK, "created");
    assert_on_all(comm, write_weights(comm, file) == TD_OK && has_weights(comm, file), "weights");
    assert_on_all(comm, write_counts(comm, file) == TD_OK && has_counts(file), "counts");
    assert_on_all(comm, has_weights(comm, file), "the weights again");
    assert_on_all(comm, td_file_publish(file) == TD_OK, "published");
    remove_folder(comm, folder);
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

MPI_TEST(file, appears_whole_or_not_at_all)
{
    td_comm *comm = job_comm();
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
}

static td_status answer(void *context)
{
    const td_status *status = context;
    return *status == TD_OK ? TD_OK : td_fail(*status, "the guard says no");
}

static td_status publish_guarded(td_comm *comm, const char *path, const td_file_guard *guard)
{
    td_file *file = NULL;
    TD_TRY(td_file_create(comm, path, "tandem-test", 1, &file));
    td_file_set_guard(file, guard);
    return td_file_publish(file);
}

MPI_TEST(file, appears_only_where_its_guard_allows)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    td_status reply = td_comm_rank(comm) == 0 ? TD_ERR_MISMATCH : TD_OK; /* rank 0 is asked */
    const td_file_guard guard = {answer, &reply};
    td_status status = publish_guarded(comm, path, &guard);
    assert_on_all(comm, status == TD_ERR_MISMATCH && files_in(folder) == 0, "a guard that refuses");
    assert_on_all(comm, strcmp(td_message(), "the guard says no") == 0,
                  "its message, on all ranks");
    reply = td_comm_rank(comm) == 0 ? TD_OK : TD_ERR_MISMATCH;
    status = publish_guarded(comm, path, &guard);
    assert_on_all(comm, status == TD_OK && files_in(folder) == 1, "a guard that allows");
    remove_folder(comm, folder);
}

static td_status write_file_of(td_comm *comm, const char *path, int64_t rows)
{
    int64_t first, mine;
    td_comm_share(comm, rows, &first, &mine);
    int64_t *values = TD_NEW(int64_t, (size_t)mine);
    td_file *file;
    td_status status = td_file_create(comm, path, "tandem-test", 1, &file);
    if (status == TD_OK) {
        status = write_dataset(file, "values", (td_shape){TD_INT64, rows, 0}, first, mine, values);
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

MPI_TEST(file, meets_a_full_disk)
{
    td_comm *comm = job_comm();
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
}
