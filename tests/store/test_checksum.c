/* The checksum is what checksum.h defines, whoever computes it, and changes with any value, name
 * or type of its datasets but with nothing else. */
#include "store/checksum.h"

#include "job.h"
#include "shared.h"

#include <xxhash.h>

MPI_SUITE(checksum)

enum { ROWS = 20000, BLOCK = 1 << 16 }; /* 28 bytes a row: blocks end inside rows */

typedef struct {
    const char *name;  /* of the dataset that differs */
    int64_t row;       /* where it differs from weight_of, by */
    float difference;  /* this much */
    const char *extra; /* another dataset, beside the groups; NULL for none */
} contents;

static const contents plain = {"parameters/w", 0, 0, NULL};

static td_status write_array(td_file *file, const char *name, const contents *what)
{
    td_comm *comm = td_file_comm(file);
    int64_t first, rows;
    td_comm_share(comm, ROWS, &first, &rows);
    float *values = TD_NEW(float, (size_t)(rows * WIDTH));
    for (int64_t i = 0; i < rows * WIDTH; i++)
        values[i] = weight_of(first + i / WIDTH, i % WIDTH);
    if (what->row >= first && what->row < first + rows)
        values[(what->row - first) * WIDTH + WIDTH - 1] += what->difference;
    td_status status =
        write_dataset(file, name, (td_shape){TD_FLOAT32, ROWS, WIDTH}, first, rows, values);
    td_free(values);
    return status;
}

static void write_arrays(td_comm *comm, const char *path, const contents *what)
{
    td_file *file;
    bool written = td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
                   write_array(file, what->name, what) == TD_OK &&
                   write_array(file, "optimizer/w", &plain) == TD_OK &&
                   (!what->extra || write_array(file, what->extra, &plain) == TD_OK) &&
                   td_file_set_int(file, "parameters", "step", what->row) == TD_OK &&
                   td_file_publish(file) == TD_OK;
    assert_on_all(comm, written, "written");
}

static uint64_t checksum_of(td_comm *comm, const char *path, const char *const groups[])
{
    td_file *file;
    uint64_t checksum = 0;
    td_status status = td_file_open(comm, path, "tandem-test", 1, &file);
    if (status == TD_OK) {
        status = td_checksum_groups(file, groups, &checksum);
        td_file_discard(file);
    }
    assert_on_all(comm, status == TD_OK, "checksum");
    return checksum;
}

/* The definition, from memory. */
static uint64_t digest_by_definition(void)
{
    size_t bytes = sizeof(float) * ROWS * WIDTH, blocks = (bytes + BLOCK - 1) / BLOCK;
    float *values = TD_NEW(float, ROWS *WIDTH);
    uint64_t *digests = TD_NEW(uint64_t, blocks);
    for (int64_t i = 0; i < ROWS * WIDTH; i++)
        values[i] = weight_of(i / WIDTH, i % WIDTH);
    for (size_t b = 0; b < blocks; b++)
        digests[b] =
            XXH3_64bits((char *)values + b * BLOCK, b + 1 < blocks ? BLOCK : bytes - b * BLOCK);
    uint64_t digest = XXH3_64bits(digests, blocks * sizeof *digests);
    td_free(values);
    td_free(digests);
    return digest;
}

static uint64_t checksum_by_definition(void)
{
    char text[sizeof "optimizer/w" + sizeof "parameters/w" - 2 + 2 * sizeof(uint64_t)];
    uint64_t digest = digest_by_definition();
    char *end = stpcpy(text, "optimizer/w");
    memcpy(end, &digest, sizeof digest);
    end = stpcpy(end + sizeof digest, "parameters/w");
    memcpy(end, &digest, sizeof digest);
    return XXH3_64bits(text, sizeof text);
}

static const char *const both[] = {"parameters", "optimizer", NULL};

MPI_TEST(checksum, is_as_defined_on_any_number_of_ranks)
{
    td_comm *comm = job_comm(), *alone = td_comm_alone(comm);
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    static const char *const overlapping[] = {"optimizer/w", "", "parameters", NULL};
    uint64_t expected = checksum_by_definition();
    write_arrays(comm, path, &plain);
    assert_on_all(comm, checksum_of(comm, path, both) == expected, "all ranks");
    assert_on_all(comm, checksum_of(alone, path, both) == expected, "each rank alone");
    assert_on_all(comm, checksum_of(comm, path, overlapping) == expected, "overlapping groups");
    remove_folder(comm, folder);
    td_comm_free(alone);
}

MPI_TEST(checksum, changes_with_values_and_names_only)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    static const contents changed[] = {{"parameters/w", ROWS - 1, 0.125F, NULL},
                                       {"parameters/w", ROWS / 2, 0.125F, NULL},
                                       {"parameters/v", 0, 0, NULL},
                                       {"parameters/w", 0, 0, "parameters/more"}};
    static const contents alike = {"parameters/w", 77, 0, "others/w"};
    uint64_t expected = checksum_by_definition(), seen = expected;
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        write_arrays(comm, path, &changed[i]);
        uint64_t found = checksum_of(comm, path, both);
        assert_on_all(comm, found != expected && found != seen, "a change");
        seen = found;
    }
    write_arrays(comm, path, &alike); /* another attribute, and a dataset elsewhere */
    assert_on_all(comm, checksum_of(comm, path, both) == expected, "no change");
    remove_folder(comm, folder);
}

MPI_TEST(checksum, wants_a_dataset)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *path = in_folder(folder, "run.h5");
    static const char *const missing[] = {"weights", NULL};
    td_file *file;
    uint64_t checksum = 0;
    write_arrays(comm, path, &plain);
    assert_on_all(comm, td_file_open(comm, path, NULL, 0, &file) == TD_OK, "opened");
    assert_refused(comm, td_checksum_groups(file, missing, &checksum), TD_ERR_FORMAT,
                   "has no dataset below 'weights'");
    td_file_discard(file);
    assert_refused(comm, td_checksum_path(in_folder(folder, "none"), &checksum), TD_ERR_FILE,
                   "No such file");
    assert_refused(comm, td_checksum_path(folder, &checksum), TD_ERR_FILE, "cannot read");
    remove_folder(comm, folder);
}

MPI_TEST(checksum, is_written_and_read_as_sixteen_digits)
{
    const uint64_t values[] = {0, 1, UINT64_C(0x0123456789abcdef), UINT64_MAX};
    const char *const wrong[] = {"",
                                 "0123456789abcde",
                                 "0123456789abcdef0",
                                 "0123456789ABCDEF",
                                 "0x23456789abcdef",
                                 " 123456789abcdef",
                                 "0123456789abcdeg"};
    uint64_t found;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const td_checksum_text text = td_checksum_to_text(values[i]);
        cr_assert(td_checksum_of_text(text.digits, &found) && found == values[i]);
    }
    cr_assert_str_eq(td_checksum_to_text(values[2]).digits, "0123456789abcdef");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(td_checksum_of_text(wrong[i], &found), "'%s'", wrong[i]);
}
