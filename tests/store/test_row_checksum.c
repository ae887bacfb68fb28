/* Checksums by rows: their definition, and what they find in a file, whatever the number of ranks.
 */
#include "shared.h"

#include "job.h"
#include "store/checksum.h"

#include <xxhash.h>

MPI_SUITE(row_checksum)

enum { ROWS = 700000 }; /* of 8 bytes: more than one rank reads at once, at 1 rank */

static const td_shape pairs = {TD_FLOAT32, 3, 2};

MPI_TEST(row_checksum, is_a_sum_over_the_rows)
{
    const float values[] = {1, 2, 3, 4, 5, 6}, exchanged[] = {3, 4, 1, 2, 5, 6};
    uint64_t expected = 0;
    for (uint64_t i = 0; i < 3; i++)
        expected += XXH3_64bits_withSeed(values + 2 * i, 8, i);
    cr_assert_eq(td_rows_checksum(pairs, 0, 3, values), expected);
    cr_assert_eq(td_rows_checksum(pairs, 0, 1, values) + td_rows_checksum(pairs, 1, 2, values + 2),
                 expected);
    cr_assert_eq(td_rows_checksum(pairs, 2, 0, NULL), 0);
    cr_assert_neq(td_rows_checksum(pairs, 0, 3, exchanged), expected);
    cr_assert_neq(td_rows_checksum(pairs, 1, 3, values), expected);
}

static td_status put(td_file *file, const char *name, int64_t rows)
{
    int64_t first, count;
    td_comm_share(td_file_comm(file), rows, &first, &count);
    int64_t *values = TD_NEW(int64_t, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        values[i] = 3 * (first + i);
    const td_shape shape = {TD_INT64, rows, 0};
    td_status status = td_file_make_checked(file, name, shape, first, count, values);
    if (status == TD_OK)
        status = td_file_write_rows(file, name, first, count, values);
    td_free(values);
    return status;
}

static void write_file(td_comm *comm, const char *path, bool with_another)
{
    td_file *file;
    const int64_t mine = td_comm_rank(comm) == 0;
    bool written = td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
                   put(file, "group/many", ROWS) == TD_OK && put(file, "none", 0) == TD_OK &&
                   put(file, "one", 1) == TD_OK;
    if (with_another)
        written = written && write_dataset(file, "another", (td_shape){TD_INT64, 1, 0}, 0, mine,
                                           &mine) == TD_OK;
    assert_on_all(comm, written && td_file_publish(file) == TD_OK, "written");
}

/* Changes the last byte of the row that has this value. */
static void damage(td_comm *comm, const char *path, int64_t value)
{
    bool done = true;
    if (td_comm_rank(comm) == 0) {
        static char bytes[16 * ROWS];
        FILE *stream = fopen(path, "r+b");
        const size_t count = stream ? fread(bytes, 1, sizeof bytes, stream) : 0;
        const char *place = memmem(bytes, count, &value, sizeof value);
        done = stream && place && fseek(stream, place - bytes + 7, SEEK_SET) == 0 &&
               fputc(1, stream) == 1;
        done = stream && fclose(stream) == 0 && done;
    }
    assert_on_all(comm, done, "the damage");
}

static td_status check(td_comm *comm, const char *path)
{
    td_file *file;
    assert_on_all(comm, td_file_open(comm, path, "tandem-test", 1, &file) == TD_OK, "opened");
    td_status status = td_file_check(file);
    td_file_discard(file);
    return status;
}

MPI_TEST(row_checksum, finds_one_changed_row_of_many)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "file.h5");
    write_file(comm, path, false);
    assert_on_all(comm, check(comm, path) == TD_OK, "as it was written");
    for (int64_t row = 1; row < ROWS; row += ROWS - 2) {
        write_file(comm, path, false);
        damage(comm, path, 3 * row);
        assert_refused(comm, check(comm, path), TD_ERR_FORMAT,
                       "file.h5 is damaged: the values of 'group/many' have checksum");
    }
    remove_folder(comm, folder);
}

MPI_TEST(row_checksum, must_be_there)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "file.h5");
    write_file(comm, path, true);
    assert_refused(comm, check(comm, path), TD_ERR_FORMAT, "'another' has no attribute 'checksum'");
    remove_folder(comm, folder);
}
