/* What the store's tests share: verdicts on all ranks, a folder of their own, a small file. */
#ifndef TESTS_STORE_SHARED_H
#define TESTS_STORE_SHARED_H

#include "base/memory.h"
#include "store/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 512, USERS = 1003, WIDTH = 7 };

/* Makes a dataset and writes this rank's rows of it. */
static inline td_status write_dataset(td_file *file, const char *name, td_shape shape,
                                      int64_t first, int64_t rows, const void *values)
{
    TD_TRY(td_file_make(file, name, shape));
    return td_file_write_rows(file, name, first, rows, values);
}

/* Writes a list of strings, rank 0's. */
static inline td_status write_strings(td_file *file, const char *name, const td_strings *strings)
{
    const bool writes = strings && td_comm_rank(td_file_comm(file)) == 0;
    int64_t sizes[2] = {writes ? strings->count : 0, writes ? strings->offsets[strings->count] : 0};
    char bytes[PATH_BYTES], offsets[PATH_BYTES];
    td_comm_broadcast(td_file_comm(file), 0, sizes, sizeof sizes);
    snprintf(bytes, sizeof bytes, "%s/bytes", name);
    snprintf(offsets, sizeof offsets, "%s/offsets", name);
    TD_TRY(write_dataset(file, bytes, (td_shape){TD_UINT8, sizes[1], 0}, 0, writes ? sizes[1] : 0,
                         writes ? strings->bytes : NULL));
    return write_dataset(file, offsets, (td_shape){TD_INT64, sizes[0] + 1, 0}, 0,
                         writes ? sizes[0] + 1 : 0, writes ? strings->offsets : NULL);
}

/* Asserts on every rank or on none: a rank that fails alone would leave the others waiting. */
static inline void assert_on_all(td_comm *comm, bool holds, const char *what)
{
    char message[2048];
    snprintf(message, sizeof message, "%s", td_message());
    td_status mine = holds ? TD_OK : td_fail(TD_ERR_INPUT, "%s (message: %s)", what, message);
    cr_assert_eq(td_comm_agree(comm, mine), TD_OK, "%s", td_message());
}

/* A new folder, the same on every rank; remove_folder takes it away with all in it. */
static inline void make_folder(td_comm *comm, char folder[PATH_BYTES])
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, PATH_BYTES, "%s/tandem-test-XXXXXX", base ? base : "/tmp");
    bool made = td_comm_rank(comm) != 0 || mkdtemp(folder) != NULL;
    assert_on_all(comm, made, "mkdtemp");
    td_comm_broadcast(comm, 0, folder, PATH_BYTES);
}

static inline void remove_folder(td_comm *comm, const char *folder)
{
    char command[PATH_BYTES + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    td_comm_barrier(comm);
    bool removed = td_comm_rank(comm) != 0 || system(command) == 0;
    assert_on_all(comm, removed, "rm -rf");
}

static inline const char *in_folder(const char *folder, const char *name)
{
    static char paths[4][2 * PATH_BYTES];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int files_in(const char *folder)
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

static inline void put_text(td_comm *comm, const char *path, const char *text)
{
    bool written = true;
    if (td_comm_rank(comm) == 0) {
        FILE *stream = fopen(path, "w");
        written = stream && fputs(text, stream) >= 0;
        written = stream && fclose(stream) == 0 && written;
    }
    assert_on_all(comm, written, "the test's own file");
}

/* Asserts that a call failed on every rank alike, with a message that has these words. */
static inline void assert_refused(td_comm *comm, td_status status, td_status expected,
                                  const char *words)
{
    char what[256];
    snprintf(what, sizeof what, "expected '%s' and '%s', found '%s'", td_status_text(expected),
             words, td_status_text(status));
    assert_on_all(comm, status == expected && strstr(td_message(), words), what);
}

static inline float weight_of(int64_t row, int64_t column)
{
    return (float)row + 0.125F * (float)column;
}

static inline td_status write_weights(td_comm *comm, td_file *file)
{
    int64_t first, rows;
    td_comm_share(comm, USERS, &first, &rows);
    float *weights = TD_NEW(float, (size_t)(rows * WIDTH));
    for (int64_t i = 0; i < rows * WIDTH; i++)
        weights[i] = weight_of(first + i / WIDTH, i % WIDTH);
    td_shape shape = {TD_FLOAT32, USERS, WIDTH};
    td_status status = write_dataset(file, "parameters/user/weight", shape, first, rows, weights);
    td_free(weights);
    return status;
}

#endif
