/* From text to a data file: what was in the rows is in the file, once, where the definition of its
 * order says, from any number of ranks. */
#include "../data/sample.h"

#include "base/random.h"
#include "job.h"
#include "store/checksum.h"

#include <math.h>

MPI_SUITE(prepare)

/* What a rank has read of a data file, and the names. */
typedef struct {
    td_dataset *data;
    const td_data_info *info;
    int64_t first, users;
    int64_t *offsets[TD_SPLITS];
    td_rows rows[TD_SPLITS];
    td_strings user_names, item_names;
} contents;

static contents read_contents(td_comm *comm, const char *path)
{
    contents c = {.data = sample_open(comm, path)};
    c.info = td_dataset_info(c.data);
    td_comm_share(comm, c.info->file_users, &c.first, &c.users);
    for (td_split s = TD_TRAIN; s <= TD_TEST; s++) {
        td_status status =
            td_dataset_read_users(c.data, s, c.first, c.users, NULL, &c.offsets[s], &c.rows[s]);
        assert_on_all(comm, status == TD_OK, "td_dataset_read_users");
    }
    assert_on_all(comm, td_dataset_read_user_names(c.data, &c.user_names) == TD_OK, "users");
    assert_on_all(comm, td_dataset_read_item_names(c.data, &c.item_names) == TD_OK, "items");
    return c;
}

static void free_contents(contents *c)
{
    for (td_split s = TD_TRAIN; s <= TD_TEST; s++) {
        td_rows_free(&c->rows[s]);
        td_free(c->offsets[s]);
    }
    td_strings_free(&c->user_names);
    td_strings_free(&c->item_names);
    td_dataset_close(c->data);
}

static bool is_name(const td_strings *names, int64_t i, const char *text)
{
    size_t length = (size_t)(names->offsets[i + 1] - names->offsets[i]);
    return length == strlen(text) && memcmp(names->bytes + names->offsets[i], text, length) == 0;
}

/* Row i of rows, of the user at place, is the sample's row of that number. */
static bool is_sample_row(const contents *c, const td_rows *rows, int64_t i, int64_t place)
{
    sample_row expected = sample_at(rows->row[i]);
    char user[16], item[16];
    snprintf(user, sizeof user, "u%d", expected.user);
    snprintf(item, sizeof item, "i%d", expected.item);
    int32_t id = place < c->info->users ? (int32_t)place + 1 : 0;
    return rows->user[i] == id && is_name(&c->user_names, place, user) &&
           is_name(&c->item_names, rows->item[i] - 1, item) && rows->rating[i] == expected.rating &&
           rows->weight[i] == expected.weight && rows->timestamp[i] == expected.time;
}

/* A fifth of the rows, those of the largest keys, are for testing. */
static void split_rows(td_split *split)
{
    static uint64_t key[SAMPLE_ROWS];
    for (int64_t i = 0; i < SAMPLE_ROWS; i++)
        key[i] = td_philox_key(42, TD_STREAM_SPLIT, (uint64_t)i, 0);
    for (int64_t i = 0; i < SAMPLE_ROWS; i++) {
        int64_t larger = 0;
        for (int64_t other = 0; other < SAMPLE_ROWS; other++)
            larger += key[other] > key[i];
        split[i] = larger < SAMPLE_ROWS / 5 ? TD_TEST : TD_TRAIN;
    }
}

/* Every row is there once, in its split, with its own values. */
static void check_rows(td_comm *comm, const contents *c)
{
    static td_split split[SAMPLE_ROWS];
    int64_t seen[SAMPLE_ROWS] = {0};
    bool right = true;
    split_rows(split);
    for (td_split s = TD_TRAIN; s <= TD_TEST; s++)
        for (int64_t u = 0; u < c->users; u++)
            for (int64_t i = c->offsets[s][u]; i < c->offsets[s][u + 1]; i++) {
                seen[c->rows[s].row[i]]++;
                right = right && is_sample_row(c, &c->rows[s], i, c->first + u) &&
                        split[c->rows[s].row[i]] == s;
            }
    assert_on_all(comm, right, "the values of every row");
    td_comm_sum(comm, SAMPLE_ROWS, seen);
    for (int i = 0; i < SAMPLE_ROWS; i++)
        right = right && seen[i] == 1;
    assert_on_all(comm, right, "every row once");
}

/* A user's training items from its rows, as the file says that they are. */
static void check_seen(td_comm *comm, const contents *c)
{
    int64_t *offsets;
    int32_t *items;
    td_status status = td_dataset_read_seen(c->data, c->first, c->users, &offsets, &items);
    assert_on_all(comm, status == TD_OK, "td_dataset_read_seen");
    bool right = true;
    for (int64_t u = 0; u < c->users; u++) {
        bool has[SAMPLE_ITEMS + 1] = {false};
        int64_t distinct = 0;
        for (int64_t i = c->offsets[TD_TRAIN][u]; i < c->offsets[TD_TRAIN][u + 1]; i++) {
            distinct += !has[c->rows[TD_TRAIN].item[i]];
            has[c->rows[TD_TRAIN].item[i]] = true;
        }
        right = right && offsets[u + 1] - offsets[u] == distinct;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++)
            right = right && has[items[i]] && (i == offsets[u] || items[i - 1] < items[i]);
    }
    td_free(offsets);
    td_free(items);
    assert_on_all(comm, right, "sorted distinct training items");
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The order of the users that are there, by the definition: a plain sort of keys. */
static void check_user_order(td_comm *comm, const contents *c)
{
    static char texts[SAMPLE_USERS][8];
    const char *names[SAMPLE_USERS];
    bool there[SAMPLE_USERS] = {false}, right = true;
    int64_t count = 0;
    for (int i = 0; i < SAMPLE_ROWS; i++)
        there[sample_at(i).user] = true;
    for (int u = 0; u < SAMPLE_USERS; u++) {
        snprintf(texts[u], sizeof texts[u], "u%d", u);
        if (there[u])
            names[count++] = texts[u];
    }
    qsort(names, (size_t)count, sizeof *names, by_text);
    assert_on_all(comm, count == c->info->file_users, "all users");
    for (int64_t u = 0; u < c->info->users; u++) { /* its place: how many have smaller keys */
        uint64_t key = td_philox_key(42, TD_STREAM_USER_ORDER, (uint64_t)u, 0);
        int64_t place = 0;
        for (int64_t v = 0; v < count; v++)
            place += td_philox_key(42, TD_STREAM_USER_ORDER, (uint64_t)v, 0) < key;
        right = right && is_name(&c->user_names, place, names[u]);
    }
    assert_on_all(comm, right, "the users' order");
}

MPI_TEST(prepare, keeps_every_row_once)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare(comm, folder);
    contents c = read_contents(comm, in_folder(folder, "sample.h5"));
    bool sizes = report.rows == SAMPLE_ROWS && report.test_rows == SAMPLE_ROWS / 5 &&
                 c.info->rows[TD_TEST] == report.test_rows &&
                 c.info->rows[TD_TRAIN] == report.train_rows && c.info->items == SAMPLE_ITEMS &&
                 c.info->catalog == SAMPLE_ITEMS && c.info->users == report.users &&
                 c.info->checksum == report.checksum && report.skipped == 0;
    assert_on_all(comm, sizes, "sizes");
    assert_on_all(comm, report.test_only_users == 0, "the sample's users all have training rows");
    check_rows(comm, &c);
    check_seen(comm, &c);
    check_user_order(comm, &c);
    free_contents(&c);
    remove_folder(comm, folder);
}

MPI_TEST(prepare, counts_what_it_reports)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare(comm, folder);
    static int pairs[SAMPLE_USERS][SAMPLE_ITEMS];
    int64_t duplicates = 0, *counts, item_counts[SAMPLE_ITEMS + 1] = {0};
    for (int i = 0; i < SAMPLE_ROWS; i++)
        duplicates += pairs[sample_at(i).user][sample_at(i).item]++ > 0;
    assert_on_all(comm, report.duplicates == duplicates && duplicates > 100, "duplicates");

    contents c = read_contents(comm, in_folder(folder, "sample.h5"));
    for (int64_t i = 0; i < c.rows[TD_TRAIN].count; i++)
        item_counts[c.rows[TD_TRAIN].item[i]]++;
    td_comm_sum(comm, SAMPLE_ITEMS + 1, item_counts);
    assert_on_all(comm, td_dataset_read_item_counts(c.data, &counts) == TD_OK, "counts");
    bool right = memcmp(counts, item_counts, sizeof item_counts) == 0;
    assert_on_all(comm, right, "training rows of each item");
    td_free(counts);
    free_contents(&c);
    remove_folder(comm, folder);
}

MPI_TEST(prepare, gives_the_bytes_of_a_single_rank)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], input[2 * PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    td_comm *alone = td_comm_alone(comm);
    uint64_t many, one = 0;
    td_status status = td_checksum_path(in_folder(folder, "sample.h5"), &many);
    if (td_comm_rank(comm) == 0) {
        td_prepare_options options = sample_options(input);
        td_prepare_report report;
        status = td_prepare(alone, &options, in_folder(folder, "alone.h5"), &report);
        if (status == TD_OK)
            status = td_checksum_path(in_folder(folder, "alone.h5"), &one);
    }
    bool same = td_comm_rank(comm) != 0 || one == many;
    assert_on_all(comm, status == TD_OK && same, "equal files");
    assert_on_all(comm, td_comm_rank(comm) != 0 || files_in(folder) == 3, "nothing else is left");
    td_comm_free(alone);
    remove_folder(comm, folder);
}

MPI_TEST(prepare, fails_on_every_rank_alike)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES], input[2 * PATH_BYTES];
    make_folder(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "bad.csv"));
    put_text(comm, input, "time,who,what,stars,weight\n1,a,b,3.5,1\n2,a,b,nan,1\n");
    td_prepare_options options = sample_options(input);
    td_prepare_report report;
    td_status status = td_prepare(comm, &options, in_folder(folder, "bad.h5"), &report);
    assert_refused(comm, status, TD_ERR_INPUT,
                   "bad.csv:3: expected a finite number as rating, found 'nan'");
    assert_on_all(comm, td_comm_rank(comm) != 0 || files_in(folder) == 1, "nothing is left");
    options.test_fraction = NAN;
    assert_refused(comm, td_prepare(comm, &options, in_folder(folder, "bad.h5"), &report),
                   TD_ERR_USAGE, "test fraction");
    remove_folder(comm, folder);
}
