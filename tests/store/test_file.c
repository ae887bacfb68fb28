/* What the store promises: equal bytes from any number of ranks, files that appear whole or not at
 * all, and a plain word, the same on every rank, for whatever is not what it should be. */
#include "store/file.h"

#include "base/memory.h"
#include "store/checksum.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
