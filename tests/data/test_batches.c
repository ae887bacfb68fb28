/* An epoch's steps hold each training row once, with all its columns. */
#include "sample.h"

#include "data/batches.h"
#include "job.h"

#include <math.h>

MPI_SUITE(batches)

enum { SHARDS = 7, BATCH = 256 };

static td_config config_of_shards(void)
{
    td_config config;
    td_config_defaults(&config);
    config.train_shards = SHARDS;
    config.train_batch_size = BATCH;
    config.train_reshuffle = true;
    return config;
}

static td_batches *create(td_comm *comm, td_dataset *data, const td_config *config,
                          const td_derivations *derivations)
{
    const char *const times[] = {"timestamp", NULL};
    td_batches *batches;
    const td_status status =
        td_batches_create(comm, data, config, derivations ? times : NULL, derivations, &batches);
    assert_on_all(comm, status == TD_OK, td_message());
    return batches;
}

static td_batches *make_batches(td_comm *comm, td_dataset *data, bool rated,
                                const td_derivations *derivations)
{
    td_config config = config_of_shards();
    config.rating_enabled = rated;
    return create(comm, data, &config, derivations);
}

/* Whether row i is the sample's of its number, with its time's bucket and number. */
static bool is_right(const td_rows *rows, int64_t i, const td_time_scale *scale)
{
    sample_row expected = sample_at(rows->row[i]);
    const int32_t *bucket = td_frame_values(&rows->frame, "bucket");
    const float *time = td_frame_values(&rows->frame, "number");
    return rows->rating[i] == expected.rating && rows->weight[i] == expected.weight &&
           bucket[i] == td_time_bucket(scale, expected.time) && bucket[i] > 0 &&
           time[i] == td_time_normalized(scale, expected.time);
}

MPI_TEST(batches, hold_each_row_once_with_all_columns)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    td_prepare_report report = sample_prepare(comm, folder);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    const td_data_info *info = td_dataset_info(data);
    td_schema_field field = *td_schema_with_role(&info->schema, TD_ROLE_TIME);
    field.summary.low = 880000000;
    td_derivations derivations = {0};
    td_derivations_add(&derivations, "bucket", &field, &(td_feature_config){.buckets = 101});
    td_derivations_add(&derivations, "number", &field, &(td_feature_config){0});
    const td_time_scale scale = derivations.derivation[0].scale;
    td_batches *batches = make_batches(comm, data, true, &derivations);
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
    td_derivations_free(&derivations);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

/* A step that reads neither ratings nor times. */
static bool is_without_extras(const td_batch *batch)
{
    bool right = !batch->rows.timestamp;
    for (int64_t i = 0; i < batch->rows.count && right; i++)
        right = batch->rows.rating[i] == 0 && batch->rows.item[i] > 0 &&
                batch->rows.weight[i] == sample_at(batch->rows.row[i]).weight;
    return right;
}

/* Writes the numbers of an epoch's rows, in the order of its steps, and returns how many. */
static int64_t list_epoch(td_batches *batches, int64_t epoch, int64_t *numbers)
{
    int64_t count = 0;
    td_batches_start_epoch(batches, epoch);
    for (int64_t step = 0; step < td_batches_steps(batches); step++) {
        const td_batch *batch = td_batches_get(batches, step);
        for (int64_t i = 0; i < batch->rows.count; i++)
            numbers[count++] = batch->rows.row[i];
    }
    return count;
}

static td_dataset *open_sample(td_comm *comm, char *folder)
{
    make_folder(comm, folder);
    sample_prepare(comm, folder);
    return sample_open(comm, in_folder(folder, "sample.h5"));
}

MPI_TEST(batches, leave_out_what_no_task_reads)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_dataset *data = open_sample(comm, folder);
    td_batches *batches = make_batches(comm, data, false, NULL);
    bool right = true;
    td_batches_start_epoch(batches, 0);
    for (int64_t step = 0; step < td_batches_steps(batches) && right; step++)
        right = is_without_extras(td_batches_get(batches, step));
    assert_on_all(comm, right, "ids and weights, no rating and no time");
    td_batches_free(batches);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

/* A run that goes on in epoch 2 begins with it; one that never stopped comes from epoch 1. */
MPI_TEST(batches, have_an_order_of_the_epoch_alone)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    int64_t first[SAMPLE_ROWS], other[SAMPLE_ROWS], again[SAMPLE_ROWS];
    td_dataset *data = open_sample(comm, folder);
    td_batches *batches = make_batches(comm, data, false, NULL);
    int64_t rows = list_epoch(batches, 0, first);
    bool right = list_epoch(batches, 1, other) == rows && list_epoch(batches, 0, again) == rows;
    const size_t bytes = (size_t)rows * sizeof *first;
    assert_on_all(comm, right && memcmp(first, again, bytes) == 0, "the same order again");
    assert_on_all(comm, memcmp(first, other, bytes) != 0, "another order in another epoch");
    td_batches_free(batches);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

enum { DAY = 86400, HALF_LIFE = 200 };

/* What a row counts by its age, before all are brought to the mean 1. */
static double by_age(int64_t row, int64_t newest)
{
    return exp2(-(double)(newest - sample_at(row).time) / DAY / HALF_LIFE);
}

/* The newest training row counts most, one a half-life older half as much, all together as before,
 * by the rows' weight and a task's own; and times are not kept. */
MPI_TEST(batches, weigh_rows_by_their_age)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_dataset *data = open_sample(comm, folder);
    td_config config = config_of_shards();
    config.train_half_life = HALF_LIFE;
    cr_assert_eq(td_config_set(&config, "tasks.like.label=rating >= 3"), TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.like.weight_field=rating"), TD_OK);
    td_batches *batches = create(comm, data, &config, NULL);
    const td_rows *rows = td_batches_rows(batches);
    const float *like = td_frame_values(&rows->frame, ".weights.like");
    int64_t newest = INT64_MIN;
    double total = 0;
    bool right = !rows->timestamp && !td_frame_find(&rows->frame, "timestamp");
    int64_t seen[SAMPLE_ROWS] = {0};
    for (int64_t i = 0; i < rows->count; i++)
        seen[rows->row[i]] = 1;
    td_comm_sum(comm, SAMPLE_ROWS, seen);
    for (int64_t row = 0; row < SAMPLE_ROWS; row++)
        if (seen[row] && sample_at(row).time > newest)
            newest = sample_at(row).time;
    int64_t count = 0;
    for (int64_t row = 0; row < SAMPLE_ROWS; row++) {
        total += seen[row] ? by_age(row, newest) : 0;
        count += seen[row];
    }
    for (int64_t i = 0; i < rows->count; i++) {
        const sample_row row = sample_at(rows->row[i]);
        const double factor = by_age(rows->row[i], newest) * (double)count / total;
        right = right && fabs(rows->weight[i] - row.weight * factor) < 1e-5 * factor * row.weight &&
                fabs(like[i] - row.rating * factor) < 1e-5 * factor * row.rating;
    }
    assert_on_all(comm, right && count > SAMPLE_ROWS / 2, "weights by age");
    td_batches_free(batches);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

/* Whether row i has the label and the place among the rows of task `like`, and of task `score`. */
static bool trains_as_declared(const td_batch *batch, int64_t i)
{
    const td_frame *frame = &batch->rows.frame;
    const float *like = td_frame_values(frame, ".label.like");
    const float *score = td_frame_values(frame, ".label.score");
    const uint8_t *likes = td_frame_values(frame, ".trains.like");
    const uint8_t *scores = td_frame_values(frame, ".trains.score");
    const sample_row row = sample_at(batch->rows.row[i]);
    return like[i] == (row.rating >= 3 ? 1 : 0) && score[i] == row.rating && scores[i] &&
           (likes[i] != 0) == (row.weight < 3 && row.time >= 930000000);
}

/* Tasks that are there already train by their entries, too; conditions name fields of items. */
MPI_TEST(batches, have_rows_and_weights_of_built_in_tasks)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    make_folder(comm, folder);
    sample_prepare_titled(comm, folder, 1000);
    td_dataset *data = sample_open(comm, in_folder(folder, "sample.h5"));
    td_config config = config_of_shards();
    config.rating_enabled = true;
    cr_assert_eq(td_config_set(&config, "tasks.retrieval.weight_field=rating"), TD_OK);
    cr_assert_eq(
        td_config_set(&config, "tasks.retrieval.where=items.title is not missing and rating > 2"),
        TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.retrieval.negatives=rating >= 4"), TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.rating.weight_field=none"), TD_OK);
    td_batches *batches = create(comm, data, &config, NULL);
    const td_rows *rows = td_batches_rows(batches);
    const float *weights = td_frame_values(&rows->frame, ".weights.retrieval");
    const uint8_t *trains = td_frame_values(&rows->frame, ".trains.retrieval");
    const uint8_t *negatives = td_frame_values(&rows->frame, ".negatives.retrieval");
    bool right = !td_frame_find(&rows->frame, ".trains.rating");
    int64_t count = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        const sample_row row = sample_at(rows->row[i]);
        right =
            right && weights[i] == row.rating && (negatives[i] != 0) == (row.rating >= 4) &&
            (trains[i] != 0) == (row.item < SAMPLE_ITEMS - 1 && row.rating > 2 && row.rating < 4);
        count += trains[i];
    }
    td_comm_sum(comm, 1, &count);
    assert_on_all(comm, right && count > 0, "rows and weights");
    td_batches_free(batches);
    td_dataset_close(data);
    remove_folder(comm, folder);
}

/* Labels by condition and by field, and the rows that train; what they are made of is not held. */
MPI_TEST(batches, have_labels_and_rows_of_declared_tasks)
{
    td_comm *comm = job_comm();
    char folder[PATH_BYTES];
    td_dataset *data = open_sample(comm, folder);
    td_config config = config_of_shards();
    cr_assert_eq(td_config_set(&config, "tasks.like.label=rating >= 3"), TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.like.where=weight < 3 and timestamp >= 930000000"),
                 TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.score.label=rating"), TD_OK);
    td_batches *batches = create(comm, data, &config, NULL);
    bool right = td_batches_limits(batches)->selects;
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        td_batches_start_epoch(batches, epoch);
        for (int64_t step = 0; step < td_batches_steps(batches); step++) {
            const td_batch *batch = td_batches_get(batches, step);
            right = right && is_without_extras(batch) && batch->rows.count > 0 &&
                    !td_frame_find(&batch->rows.frame, "rating");
            for (int64_t i = 0; i < batch->rows.count; i++)
                right = right && trains_as_declared(batch, i);
        }
    }
    assert_on_all(comm, right, "labels and rows");
    td_batches_free(batches);
    cr_assert_eq(td_config_set(&config, "tasks.like.weight_field=timestamp"), TD_OK);
    assert_on_all(comm,
                  td_batches_create(comm, data, &config, NULL, NULL, &batches) == TD_ERR_CONFIG,
                  "a time is no weight");
    cr_assert(strstr(td_message(), "tasks.like.weight_field"), "%s", td_message());
    cr_assert_eq(td_config_set(&config, "tasks.like.weight_field=none"), TD_OK);
    cr_assert_eq(td_config_set(&config, "tasks.like.where=who = u1"), TD_OK);
    assert_on_all(comm,
                  td_batches_create(comm, data, &config, NULL, NULL, &batches) == TD_ERR_CONFIG,
                  "a field that is none");
    cr_assert(strstr(td_message(), "tasks.like.where"), "%s", td_message());
    td_dataset_close(data);
    remove_folder(comm, folder);
}
