/* Validation rows as training rows: every function that reads these gives the rows of both. */
#include "sample.h"

#include "base/memory.h"
#include "eval/seen_items.h"
#include "job.h"

MPI_SUITE(joined)

/* The sample with so few training rows that some users have none, and so no id until they are
 * joined. */
static void prepare(td_comm *comm, const char *folder)
{
    char input[2 * PATH_BYTES];
    sample_write(comm, folder);
    snprintf(input, sizeof input, "%s", in_folder(folder, "sample.csv"));
    td_prepare_options options = sample_options(input);
    options.test_fraction = 0.3;
    options.validation_fraction = 0.6;
    sample_prepare_with(comm, folder, &options);
}

/* Both splits of all users, as the file has them. */
typedef struct {
    td_dataset *file, *data; /* as it is, and joined */
    int64_t users, file_users, items;
    int64_t *offsets[2];
    td_rows rows[2];
    char folder[PATH_BYTES];
} fixture;

static void start(fixture *f)
{
    td_comm *comm = job_comm();
    make_folder(comm, f->folder);
    prepare(comm, f->folder);
    f->file = sample_open(comm, in_folder(f->folder, "sample.h5"));
    f->data = sample_open(comm, in_folder(f->folder, "sample.h5"));
    const td_data_info *info = td_dataset_info(f->file);
    f->users = info->users;
    f->file_users = info->file_users;
    f->items = info->items;
    for (int s = 0; s < 2; s++) {
        const td_split split = s == 0 ? TD_TRAIN : TD_VALIDATION;
        const td_status status = td_dataset_read_users(f->file, split, 0, f->file_users, NULL,
                                                       &f->offsets[s], &f->rows[s]);
        assert_on_all(comm, status == TD_OK, "a split");
    }
    assert_on_all(comm, td_dataset_join_validation(f->data) == TD_OK, "td_dataset_join_validation");
}

static void stop(fixture *f)
{
    for (int s = 0; s < 2; s++) {
        td_rows_free(&f->rows[s]);
        td_free(f->offsets[s]);
    }
    td_dataset_close(f->file);
    td_dataset_close(f->data);
    remove_folder(job_comm(), f->folder);
}

/* How many rows both splits have before a user. */
static int64_t begin_of(const fixture *f, int64_t user)
{
    return f->offsets[0][user] + f->offsets[1][user];
}

/* Whether row i of some is a row of either split of this user, and the one before it comes before
 * it. */
static bool is_in_place(const fixture *f, int64_t user, const td_rows *rows, int64_t i, bool first)
{
    for (int s = 0; s < 2; s++)
        for (int64_t j = f->offsets[s][user]; j < f->offsets[s][user + 1]; j++)
            if (f->rows[s].row[j] == rows->row[i])
                return f->rows[s].item[j] == rows->item[i] && rows->user[i] == user + 1 &&
                       f->rows[s].rating[j] == rows->rating[i] &&
                       f->rows[s].timestamp[j] == rows->timestamp[i] &&
                       (first || rows->row[i - 1] < rows->row[i]);
    return false;
}

/* Some users from one on, whom each rank chooses for itself. */
static bool users_are_right(const fixture *f, int64_t first, int64_t users)
{
    int64_t *offsets, *only;
    td_rows rows;
    bool right =
        td_dataset_read_users(f->data, TD_TRAIN, first, users, NULL, &offsets, &rows) == TD_OK &&
        td_dataset_read_user_offsets(f->data, TD_TRAIN, (td_range){first, users}, &only) == TD_OK;
    for (int64_t u = 0; u < users && right; u++) {
        right = offsets[u] == begin_of(f, first + u) - begin_of(f, first) && offsets[u] == only[u];
        for (int64_t i = offsets[u]; i < offsets[u + 1] && right; i++)
            right = is_in_place(f, first + u, &rows, i, i == offsets[u]);
    }
    right = right && offsets[users] == rows.count && only[users] == rows.count;
    td_free(offsets);
    td_free(only);
    td_rows_free(&rows);
    return right;
}

MPI_TEST(joined, rows_of_users_are_in_their_order)
{
    fixture f;
    start(&f);
    td_comm *comm = job_comm();
    const td_data_info *info = td_dataset_info(f.data);
    const int64_t rank = td_comm_rank(comm);
    assert_on_all(comm, f.offsets[1][f.file_users] > f.offsets[1][f.users],
                  "no user without training rows has validation rows");
    assert_on_all(comm,
                  info->joined == f.rows[1].count && info->rows[TD_VALIDATION] == 0 &&
                      info->rows[TD_TRAIN] == f.rows[0].count + f.rows[1].count,
                  "sizes");
    assert_on_all(comm,
                  info->users == f.file_users &&
                      td_schema_with_role(&info->schema, TD_ROLE_USER)->vocabulary ==
                          f.file_users + 1,
                  "ids");
    assert_on_all(comm, users_are_right(&f, 0, f.file_users), "all users");
    assert_on_all(comm, users_are_right(&f, 10 * rank, 30), "users of a rank's own");
    assert_on_all(comm, users_are_right(&f, f.users - rank, f.file_users - f.users), "the last");
    assert_on_all(comm, users_are_right(&f, f.file_users, 0), "nobody");
    stop(&f);
}

/* They were joined, and are no candidates. */
MPI_TEST(joined, validation_items_of_users_who_were_new_count_as_seen)
{
    fixture f;
    start(&f);
    const td_range unknown = {f.users, f.file_users - f.users};
    td_seen trained = {0}, seen;
    bool right =
        td_dataset_read_seen(f.data, unknown.first, unknown.count, &trained.offsets,
                             &trained.items) == TD_OK &&
        td_seen_of_rule(f.data, TD_TEST, "train+validation", unknown, &trained, &seen) == TD_OK;
    for (int64_t u = 0; u < unknown.count && right; u++)
        for (int64_t i = f.offsets[1][f.users + u]; i < f.offsets[1][f.users + u + 1]; i++)
            right = right && td_seen_has(&seen, u, f.rows[1].item[i]);
    assert_on_all(job_comm(), right && seen.offsets[unknown.count] > 0, "eval.exclude_seen");
    td_seen_free(&trained);
    td_seen_free(&seen);
    stop(&f);
}

/* Whether a user has an item in either split. */
static bool has(const fixture *f, int64_t user, int32_t item)
{
    for (int s = 0; s < 2; s++)
        for (int64_t i = f->offsets[s][user]; i < f->offsets[s][user + 1]; i++)
            if (f->rows[s].item[i] == item)
                return true;
    return false;
}

static bool seen_is_right(const fixture *f, const int64_t *offsets, const int32_t *items)
{
    for (int64_t u = 0; u < f->file_users; u++) {
        int64_t next = offsets[u];
        for (int32_t i = 1; i <= f->items; i++)
            if (has(f, u, i)) {
                if (next >= offsets[u + 1] || items[next] != i)
                    return false;
                next++;
            }
        if (next != offsets[u + 1])
            return false;
    }
    return true;
}

static bool counts_are_right(const fixture *f, const int64_t *counts)
{
    int64_t expected[SAMPLE_ITEMS + 1] = {0};
    for (int s = 0; s < 2; s++)
        for (int64_t i = 0; i < f->rows[s].count; i++)
            expected[f->rows[s].item[i]]++;
    return memcmp(counts, expected, sizeof expected) == 0;
}

MPI_TEST(joined, items_are_those_of_both)
{
    fixture f;
    start(&f);
    td_comm *comm = job_comm();
    int64_t *offsets, *counts;
    int32_t *items;
    td_status status = td_dataset_read_seen(f.data, 0, f.file_users, &offsets, &items);
    assert_on_all(comm, status == TD_OK && seen_is_right(&f, offsets, items), "seen");
    status = td_dataset_read_item_counts(f.data, &counts);
    assert_on_all(comm, status == TD_OK && f.items == SAMPLE_ITEMS && counts_are_right(&f, counts),
                  "counts");
    td_free(offsets);
    td_free(counts);
    td_free(items);
    stop(&f);
}

/* Whether either split has a row of this number and item. */
static bool has_row(const fixture *f, int64_t number, int32_t item)
{
    for (int s = 0; s < 2; s++)
        for (int64_t i = 0; i < f->rows[s].count; i++)
            if (f->rows[s].row[i] == number)
                return f->rows[s].item[i] == item;
    return false;
}

/* This rank's share of the rows, whose numbers go with their items; adds up the numbers. */
static bool rows_are_right(const fixture *f, int64_t *sum)
{
    const char *item = td_schema_with_role(&td_dataset_info(f->data)->schema, TD_ROLE_ITEM)->name;
    const char *const fields[] = {item, NULL};
    td_range mine;
    td_frame frame;
    td_comm_share(job_comm(), td_dataset_info(f->data)->rows[TD_TRAIN], &mine.first, &mine.count);
    int64_t *numbers = TD_NEW(int64_t, (size_t)mine.count);
    bool right =
        td_dataset_read_rows(f->data, TD_TRAIN, mine, fields, &frame) == TD_OK &&
        td_dataset_read_row_numbers(f->data, TD_TRAIN, mine.first, mine.count, numbers) == TD_OK;
    const int32_t *items = td_frame_values(&frame, item);
    for (int64_t i = 0; i < mine.count && right; i++) {
        right = has_row(f, numbers[i], items[i]);
        *sum += numbers[i];
    }
    td_free(numbers);
    td_frame_free(&frame);
    return right;
}

MPI_TEST(joined, rows_and_shards_are_those_of_both)
{
    fixture f;
    start(&f);
    td_comm *comm = job_comm();
    int64_t sum = 0, expected = 0, found[101];
    for (int s = 0; s < 2; s++)
        for (int64_t i = 0; i < f.rows[s].count; i++)
            expected += f.rows[s].row[i];
    const bool right = rows_are_right(&f, &sum);
    td_comm_sum(comm, 1, &sum);
    assert_on_all(comm, right && sum == expected, "rows");
    const int64_t rows = td_dataset_info(f.data)->rows[TD_TRAIN];
    bool cut = td_dataset_cut_shards(f.data, 100, found) == TD_OK && found[100] == f.file_users;
    for (int64_t s = 0; s < 100 && cut; s++)
        cut = begin_of(&f, found[s]) * 100 >= rows * s &&
              (found[s] == 0 || begin_of(&f, found[s] - 1) * 100 < rows * s);
    assert_on_all(comm, cut, "shards");
    assert_on_all(comm, td_dataset_join_validation(f.data) == TD_ERR_INPUT, "joined twice");
    stop(&f);
}
