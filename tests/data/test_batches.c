/* An epoch's steps hold each training row once, with all its columns. */
#include "sample.h"

#include "data/batches.h"

TestSuite(batches, .timeout = 100);

enum { SHARDS = 7, BATCH = 256 };

static td_batches *make_batches(td_comm *comm, td_dataset *data)
{
    td_config config;
    td_batches *batches;
    td_config_defaults(&config);
    config.train_shards = SHARDS;
    config.train_batch_size = BATCH;
    td_status status = td_batches_create(comm, data, &config, &batches);
    assert_on_all(comm, status == TD_OK, "td_batches_create");
    return batches;
}

/* Whether row i is the sample's of its number, with its time's bucket and number. */
static bool is_right(const td_rows *rows, int64_t i, const td_time_scale *scale)
{
    sample_row expected = sample_at(rows->row[i]);
    return rows->timestamp[i] == expected.time && rows->rating[i] == expected.rating &&
           rows->weight[i] == expected.weight &&
           rows->bucket[i] == td_time_bucket(scale, expected.time) && rows->bucket[i] > 0 &&
           rows->time[i] == td_time_normalized(scale, expected.time);
}

Test(batches, hold_each_row_once_with_all_columns)
{
    td_comm *comm = td_comm_start();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    const td_data_info *info = td_dataset_info(data);
    td_time_scale scale =
        td_time_scale_create(100, 880000000, info->time_last, info->time_mean, info->time_variance);
    td_batches *batches = make_batches(comm, data);
    td_rows_set_times(td_batches_rows(batches), &scale);
    int64_t seen[SAMPLE_ROWS] = {0}, rows = 0;
    bool right = true;
    td_batches_start_epoch(batches, 0);
    for (int64_t step = 0; step < td_batches_steps(batches); step++) {
        const td_batch *batch = td_batches_get(batches, step);
        int64_t all_rows = batch->rows.count;
        td_comm_sum(comm, 1, &all_rows);
        right = right && batch->offsets[batch->tiles] == batch->rows.count &&
                batch->all_rows == all_rows;
        for (int64_t i = 0; i < batch->rows.count; i++) {
            right = right && is_right(&batch->rows, i, &scale);
            seen[batch->rows.row[i]]++;
        }
    }
    assert_on_all(comm, right, "every column of every row");
    td_comm_sum(comm, SAMPLE_ROWS, seen);
    for (int64_t row = 0; row < SAMPLE_ROWS; row++) {
        right = right && seen[row] <= 1;
        rows += seen[row];
    }
    assert_on_all(comm, right && rows == report.train_rows, "every training row once");
    td_batches_free(batches);
    td_time_scale_free(&scale);
    td_dataset_close(data);
    remove_folder(comm, folder);
    td_comm_stop(comm);
}
