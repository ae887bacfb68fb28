/* Reading a data file by users and shards. */
#include "sample.h"

TestSuite(dataset, .timeout = 100);

/* The shards' beginnings by their definition, from all offsets. */
static void cut_by_definition(int64_t rows, int64_t users, const int64_t *offsets, int64_t shards,
                              int64_t *first_user)
{
    for (int64_t s = 0; s < shards; s++) {
        int64_t u = 0;
        while (offsets[u] * shards < rows * s)
            u++;
        first_user[s] = u;
    }
    first_user[shards] = users;
}

Test(dataset, cuts_shards_of_nearly_equal_rows)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    const td_data_info *info = td_dataset_info(data);
    int64_t *offsets;
    td_rows rows;
    td_status status = td_dataset_read_users(data, TD_TRAIN, 0, info->file_users, &offsets, &rows);
    assert_on_all(comm, status == TD_OK, "all users on every rank");
    for (int64_t shards = 1; shards <= 400; shards = 2 * shards + 1) {
        int64_t found[512], expected[512];
        status = td_dataset_cut_shards(data, shards, found);
        cut_by_definition(info->rows[TD_TRAIN], info->file_users, offsets, shards, expected);
        bool same = memcmp(found, expected, (size_t)(shards + 1) * sizeof *found) == 0;
        assert_on_all(comm, status == TD_OK && same, "shards");
    }
    td_rows_free(&rows);
    td_free(offsets);
    td_dataset_close(data);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}

Test(dataset, reads_nobody_on_a_rank_that_asks_for_nobody)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    int64_t all = td_dataset_info(data)->file_users, *offsets, *seen_offsets;
    int64_t users = td_comm_rank(comm) == 0 ? 0 : 3;
    int32_t *seen;
    td_rows rows;
    td_status status = td_dataset_read_users(data, TD_TRAIN, all - users, users, &offsets, &rows);
    assert_on_all(comm, status == TD_OK && offsets[0] == 0 && offsets[users] == rows.count, "rows");
    assert_on_all(comm, users > 0 || rows.count == 0, "no rows of no users");
    status = td_dataset_read_seen(data, all - users, users, &seen_offsets, &seen);
    assert_on_all(comm, status == TD_OK && seen_offsets[0] == 0, "seen items");
    td_rows_free(&rows);
    td_free(offsets);
    td_free(seen_offsets);
    td_free(seen);
    td_dataset_close(data);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}
