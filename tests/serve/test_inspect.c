/* What inspect finds and shows: the newest checkpoint of a run, its metrics, or one file. */
#include "tandem/inspect.h"

#include "store/checksum.h"
#include "store/file.h"

#include "../store/shared.h"
#include "job.h"

#include <math.h>
#include <sys/stat.h>

MPI_SUITE(inspect)

static const char history[] = "es\x1b[31m";

/* A dataset with its checksum; each rank gives rows. */
static td_status put(td_file *file, const char *name, td_shape shape, int64_t first, int64_t rows,
                     const void *values)
{
    TD_TRY(td_file_make_checked(file, name, shape, first, rows, values));
    return td_file_write_rows(file, name, first, rows, values);
}

static td_status put_weights(td_comm *comm, td_file *file)
{
    static float weights[USERS * WIDTH];
    int64_t first, rows;
    td_comm_share(comm, USERS, &first, &rows);
    for (int64_t i = 0; i < rows * WIDTH; i++)
        weights[i] = weight_of(first + i / WIDTH, i % WIDTH);
    const td_shape shape = {TD_FLOAT32, USERS, WIDTH};
    return put(file, "parameters/user/weight", shape, first, rows, weights);
}

static td_status fill_checkpoint(td_comm *comm, td_file *file, int64_t step)
{
    const double losses[] = {2.5, NAN, -1, 3, 4, 5, 6, 7};
    int64_t mine = td_comm_rank(comm) == 0;
    TD_TRY(put_weights(comm, file));
    TD_TRY(put(file, "optimizer/step", (td_shape){TD_INT64, 1, 0}, 0, mine, &step));
    TD_TRY(put(file, "history/loss", (td_shape){TD_FLOAT64, 8, 0}, 0, 8 * mine, losses));
    TD_TRY(put(file, "history/text", (td_shape){TD_UINT8, 7, 0}, 0, 7 * mine, history));
    TD_TRY(td_file_set_text(file, "", "config", "seed: 42\nwidth: 7\n"));
    TD_TRY(td_file_set_real(file, "", "seconds", 0.5));
    return td_file_set_int(file, "parameters", "count", 1);
}

static void make_file(td_comm *comm, const char *path, const char *format, int64_t step)
{
    td_file *file;
    bool written = td_file_create(comm, path, format, 1, &file) == TD_OK &&
                   fill_checkpoint(comm, file, step) == TD_OK && td_file_publish(file) == TD_OK;
    assert_on_all(comm, written, "written");
}

/* A run with checkpoints of steps 9 and 10 and metrics, and beside them what is no checkpoint. */
static void make_run(td_comm *comm, const char *folder)
{
    bool made = td_comm_rank(comm) != 0 || mkdir(in_folder(folder, "checkpoints"), 0777) == 0;
    assert_on_all(comm, made, "mkdir");
    make_file(comm, in_folder(folder, "checkpoints/step-000000000010.h5"), "tandem-checkpoint", 10);
    make_file(comm, in_folder(folder, "checkpoints/step-000000000009.h5"), "tandem-checkpoint", 9);
    make_file(comm, in_folder(folder, "metrics.h5"), "tandem-metrics", 3);
    put_text(comm, in_folder(folder, "checkpoints/step-11.h5"), "no name of ours");
    put_text(comm, in_folder(folder, "checkpoints/.step-000000000012.h5.tmp-1"), "left over");
    put_text(comm, in_folder(folder, "config.yaml"), "train.seed: 42\n");
}

static char *shown(td_comm *comm, const char *path, td_inspect_part part)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    assert_on_all(comm, stream && td_inspect(comm, path, part, stream) == TD_OK, "inspect");
    if (stream)
        fclose(stream);
    assert_on_all(comm, td_comm_rank(comm) == 0 || bytes == 0, "only rank 0 writes");
    return text;
}

static void assert_shown(td_comm *comm, const char *text, const char *part)
{
    char what[256];
    snprintf(what, sizeof what, "expected '%s' in what is shown", part);
    assert_on_all(comm, td_comm_rank(comm) != 0 || strstr(text, part), what);
}

MPI_TEST(inspect, shows_a_run)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    make_run(comm, folder);
    char *text = shown(comm, folder, TD_INSPECT_STATE);
    static const char *const parts[] = {
        "config.yaml            15 bytes\n",
        "log.jsonl            none\n",
        "/checkpoints/step-000000000010.h5\n",
        "  format = tandem-checkpoint\n",
        "  version = 1\n",
        "  config = 18 bytes of text in 2 lines\n",
        "  seconds = 0.5\n",
        "  parameters count = 1\n",
        "  parameters/user/weight  float32        1003 x 7         28084  0 to 1002.75\n",
        "  optimizer/step          int64                 1             8  10\n",
        "  history/loss            float64               8            64  -1 to 7 (1 not finite)\n",
        "  history/text            uint8                 7             7  es?[31m\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_shown(comm, text, parts[i]);
    free(text);
    text = shown(comm, folder, TD_INSPECT_METRICS);
    assert_shown(comm, text, "/metrics.h5\n");
    assert_shown(comm, text, "format = tandem-metrics\n");
    free(text);
    remove_folder(comm, folder);
}

static uint64_t inspected(td_comm *comm, const char *path, td_inspect_part part)
{
    uint64_t checksum = 0;
    td_status status = td_inspect_checksum(comm, path, part, &checksum);
    assert_on_all(comm, status == TD_OK, "checksum");
    return checksum;
}

static uint64_t computed(td_comm *comm, const char *path, const char *const groups[])
{
    td_file *file;
    uint64_t checksum = 0;
    bool done = td_file_open(comm, path, NULL, 0, &file) == TD_OK &&
                td_checksum_groups(file, groups, &checksum) == TD_OK;
    assert_on_all(comm, done, "checksum");
    td_file_discard(file);
    return checksum;
}

MPI_TEST(inspect, takes_the_checksum_of_what_it_shows)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    make_run(comm, folder);
    static const char *const state[] = {"optimizer", "parameters", NULL}, *const whole[] = {"",
                                                                                            NULL};
    const char *newest = in_folder(folder, "checkpoints/step-000000000010.h5");
    const char *metrics = in_folder(folder, "metrics.h5");
    uint64_t expected = computed(comm, newest, state);
    assert_on_all(comm, inspected(comm, folder, TD_INSPECT_STATE) == expected, "a run");
    assert_on_all(comm, inspected(comm, newest, TD_INSPECT_STATE) == expected, "a checkpoint");
    expected = computed(comm, metrics, whole);
    assert_on_all(comm, inspected(comm, folder, TD_INSPECT_METRICS) == expected, "its metrics");
    assert_on_all(comm, inspected(comm, metrics, TD_INSPECT_STATE) == expected, "a metrics file");
    remove_folder(comm, folder);
}

/* Changes one byte of the values of history/text. */
static bool damage(const char *path)
{
    static char bytes[1 << 20];
    FILE *stream = fopen(path, "r+b");
    const size_t count = stream ? fread(bytes, 1, sizeof bytes, stream) : 0;
    const char *place = memmem(bytes, count, history, sizeof history - 1);
    const bool done =
        stream && place && fseek(stream, place - bytes, SEEK_SET) == 0 && fputc('x', stream) == 'x';
    return stream && fclose(stream) == 0 && done;
}

/* Shows it all the same, and fails; gives no checksum. */
static void assert_damaged(td_comm *comm, const char *path, td_inspect_part part, const char *words)
{
    char *text = NULL;
    size_t bytes;
    uint64_t checksum;
    FILE *stream = open_memstream(&text, &bytes);
    assert_refused(comm, td_inspect(comm, path, part, stream), TD_ERR_FORMAT, words);
    fclose(stream);
    assert_shown(comm, text, "history/text");
    free(text);
    assert_refused(comm, td_inspect_checksum(comm, path, part, &checksum), TD_ERR_FORMAT, words);
}

MPI_TEST(inspect, says_when_a_file_is_damaged)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    make_run(comm, folder);
    const char *newest = in_folder(folder, "checkpoints/step-000000000010.h5");
    const char *metrics = in_folder(folder, "metrics.h5");
    const bool done = td_comm_rank(comm) != 0 || (damage(newest) && damage(metrics));
    assert_on_all(comm, done, "the damage");
    assert_damaged(comm, folder, TD_INSPECT_STATE,
                   "/step-000000000010.h5 is damaged: the values of 'history/text'");
    assert_damaged(comm, newest, TD_INSPECT_STATE, "is damaged");
    assert_damaged(comm, folder, TD_INSPECT_METRICS, "/metrics.h5 is damaged");
    remove_folder(comm, folder);
}

static void assert_nothing_shown(td_comm *comm, const char *path, td_inspect_part part,
                                 td_status expected, const char *words)
{
    uint64_t checksum;
    assert_refused(comm, td_inspect(comm, path, part, stdout), expected, words);
    assert_refused(comm, td_inspect_checksum(comm, path, part, &checksum), expected, words);
}

MPI_TEST(inspect, refuses_what_is_not_there_or_not_ours)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    const char *file = in_folder(folder, "file.h5");
    assert_nothing_shown(comm, file, TD_INSPECT_STATE, TD_ERR_FILE, "No such file");
    assert_nothing_shown(comm, folder, TD_INSPECT_STATE, TD_ERR_FILE,
                         "cannot look for checkpoints in");
    assert_nothing_shown(comm, folder, TD_INSPECT_METRICS, TD_ERR_FILE, "metrics.h5: No such file");
    bool made = td_comm_rank(comm) != 0 || mkdir(in_folder(folder, "checkpoints"), 0777) == 0;
    assert_on_all(comm, made, "mkdir");
    assert_nothing_shown(comm, folder, TD_INSPECT_STATE, TD_ERR_FILE, "has no checkpoint");
    put_text(comm, file, "a text");
    assert_nothing_shown(comm, file, TD_INSPECT_STATE, TD_ERR_FORMAT, "no HDF5 file");
    make_file(comm, file, "others", 1);
    assert_nothing_shown(comm, file, TD_INSPECT_STATE, TD_ERR_FORMAT, "is a 'others' file");
    make_file(comm, file, "tandem-checkpoint", 1);
    assert_nothing_shown(comm, file, TD_INSPECT_METRICS, TD_ERR_FORMAT,
                         "where a 'tandem-metrics' file was expected");
    remove_folder(comm, folder);
}
