/* A file that others replace all the time, as training replaces metrics.h5 beside an evaluation, is
 * one and the same on all ranks, from its first byte to its last. */
#include "job.h"
#include "shared.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

MPI_SUITE(replaced_file)

enum { OPENINGS = 100, KINDS = 2, FILE_BYTES = 1 << 16 };

/* Of the file that is written at first, and of the other one. */
static const int64_t rows_of[KINDS] = {1000, 3};

typedef struct {
    char path[2 * PATH_BYTES], temporary[2 * PATH_BYTES];
    char bytes[KINDS][FILE_BYTES];
    size_t count[KINDS];
    atomic_int openings; /* begun; negative: no more will come */
} replacer;

/* Replaces the file once in each opening, at another moment of it each time. Each is a file of its
 * own. */
static void *replace(void *context)
{
    replacer *r = context;
    for (int seen = 0, now = 0;; now = atomic_load(&r->openings)) {
        const int kind = seen % KINDS;
        const int file = open(r->temporary, O_CREAT | O_WRONLY | O_TRUNC, 0600);
        if (file < 0 || write(file, r->bytes[kind], r->count[kind]) != (ssize_t)r->count[kind])
            return "cannot be written";
        close(file);
        for (; seen == now; now = atomic_load(&r->openings))
            usleep(50);
        if (now < 0)
            return NULL;
        seen = now;
        usleep((useconds_t)(now * 37 % 1500));
        if (rename(r->temporary, r->path) != 0)
            return "cannot be renamed";
    }
}

/* Rows of the number of rows, so that a mixture is seen. */
static void write_kind(td_comm *comm, const char *path, int64_t rows)
{
    td_file *file;
    int64_t first, count, values[1000];
    td_comm_share(comm, rows, &first, &count);
    for (int64_t i = 0; i < count; i++)
        values[i] = rows;
    const td_shape shape = {TD_INT64, rows, 0};
    const bool written = td_file_create(comm, path, "tandem-test", 1, &file) == TD_OK &&
                         write_dataset(file, "rows", shape, first, count, values) == TD_OK &&
                         td_file_publish(file) == TD_OK;
    assert_on_all(comm, written, "written");
}

static void load_kind(replacer *r, int kind)
{
    FILE *stream = fopen(r->path, "rb");
    r->count[kind] = stream ? fread(r->bytes[kind], 1, FILE_BYTES, stream) : 0;
    cr_assert(r->count[kind] > 0 && fclose(stream) == 0);
}

static bool is_whole(td_comm *comm, const char *path)
{
    td_file *file;
    td_shape shape;
    void *block;
    if (td_file_open(comm, path, "tandem-test", 1, &file) != TD_OK)
        return false;
    td_status status = td_file_read(file, "rows", TD_INT64, &shape, &block);
    td_file_discard(file);
    if (status != TD_OK)
        return false;
    const int64_t *values = block;
    bool whole = shape.rows == rows_of[0] || shape.rows == rows_of[1];
    for (int64_t i = 0; i < shape.rows; i++)
        whole = whole && values[i] == shape.rows;
    int64_t sum = shape.rows;
    td_comm_sum(comm, 1, &sum);
    td_free(block);
    return whole && sum == shape.rows * td_comm_size(comm);
}

MPI_TEST(replaced_file, is_the_old_or_the_new_one)
{
    static replacer r;
    td_comm *comm = job_comm();
    const bool replaces = td_comm_rank(comm) == 0;
    char folder[PATH_BYTES];
    pthread_t thread;
    void *failure = NULL;
    make_folder(comm, folder);
    snprintf(r.path, sizeof r.path, "%s", in_folder(folder, "metrics.h5"));
    snprintf(r.temporary, sizeof r.temporary, "%s", in_folder(folder, "new"));
    for (int i = KINDS - 1; i >= 0; i--) {
        write_kind(comm, r.path, rows_of[i]);
        load_kind(&r, i);
        td_comm_barrier(comm); /* all have read it before the next one is written */
    }
    if (replaces)
        cr_assert_eq(pthread_create(&thread, NULL, replace, &r), 0);
    for (int i = 1; i <= OPENINGS; i++) {
        atomic_store(&r.openings, i);
        assert_on_all(comm, is_whole(comm, r.path), "the old or the new one");
    }
    atomic_store(&r.openings, -1);
    if (replaces)
        pthread_join(thread, &failure);
    assert_on_all(comm, !failure, "the replacing thread");
    remove_folder(comm, folder);
}
