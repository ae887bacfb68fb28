/* Opening a data file, which is not trusted: what it says of itself must be possible, and every
 * dataset must have the shape that follows from it. */
#include "data/dataset.h"

#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/tokens.h"
#include "data/vocabulary.h"
#include "store/checksum.h"
#include "text/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* More rows than any disk holds, few enough for sums and products of them. */
#define ROWS_MAX (INT64_C(1) << 44)

static td_status get_size(td_dataset *data, const char *name, int64_t min, int64_t max,
                          int64_t *value)
{
    TD_TRY(td_file_get_int(data->file, "", name, value));
    if (min <= *value && *value <= max)
        return TD_OK;
    return TD_DATASET_FAIL(
        data, "expected attribute '%s' from %" PRId64 " to %" PRId64 ", found %" PRId64, name, min,
        max, *value);
}

static td_status get_flag(td_dataset *data, const char *name, bool *value)
{
    int64_t number;
    TD_TRY(get_size(data, name, 0, 1, &number));
    *value = number == 1;
    return TD_OK;
}

static td_status get_sizes(td_dataset *data)
{
    td_data_info *info = &data->info;
    TD_TRY(get_size(data, "file_users", 1, TD_VOCABULARY_MAX, &info->file_users));
    TD_TRY(get_size(data, "users", 1, info->file_users, &info->users));
    TD_TRY(get_size(data, "items", 1, TD_VOCABULARY_MAX, &info->items));
    TD_TRY(get_size(data, "catalogue", info->items, TD_VOCABULARY_MAX, &info->catalog));
    TD_TRY(get_size(data, "train_rows", 1, ROWS_MAX, &info->rows[TD_TRAIN]));
    TD_TRY(get_size(data, "test_rows", 0, ROWS_MAX, &info->rows[TD_TEST]));
    TD_TRY(get_flag(data, "has_ratings", &info->has_ratings));
    TD_TRY(get_flag(data, "has_weights", &info->has_weights));
    TD_TRY(get_flag(data, "has_timestamps", &info->has_timestamps));
    TD_TRY(get_flag(data, "has_titles", &info->has_titles));
    return get_size(data, "tokens", info->has_titles ? TD_TOKEN_FIRST : 0,
                    info->has_titles ? TD_VOCABULARY_MAX : 0, &info->tokens);
}

static td_status get_times(td_dataset *data)
{
    td_data_info *info = &data->info;
    int64_t max = info->has_timestamps ? TD_TIME_MAX : 0;
    TD_TRY(get_size(data, "time_first", 0, max, &info->time_first));
    TD_TRY(get_size(data, "time_last", info->time_first, max, &info->time_last));
    TD_TRY(td_file_get_real(data->file, "", "time_mean", &info->time_mean));
    TD_TRY(td_file_get_real(data->file, "", "time_variance", &info->time_variance));
    bool possible = info->time_mean >= (double)info->time_first &&
                    info->time_mean <= (double)info->time_last && info->time_variance >= 0 &&
                    isfinite(info->time_variance);
    if (possible)
        return TD_OK;
    return TD_DATASET_FAIL(
        data, "time_mean %g and time_variance %g cannot be of times from %" PRId64 " to %" PRId64,
        info->time_mean, info->time_variance, info->time_first, info->time_last);
}

static td_status get_checksum(td_dataset *data)
{
    char *text;
    TD_TRY(td_file_get_text(data->file, "", "checksum", &text));
    const bool hex = td_checksum_of_text(text, &data->info.checksum);
    td_free(text);
    return hex ? TD_OK
               : TD_DATASET_FAIL(data, "expected attribute '%s' of 16 hexadecimal digits",
                                 "checksum");
}

static td_status check_shape(td_dataset *data, const char *name, td_type type, int64_t rows)
{
    td_shape shape;
    TD_TRY(td_file_shape(data->file, name, &shape));
    if (shape.type == type && shape.rows == rows && shape.columns == 0)
        return TD_OK;
    return TD_DATASET_FAIL(
        data, "expected '%s' with %" PRId64 " values of %zu bytes, found %" PRId64 " of %zu", name,
        rows, td_type_size(type), shape.rows, td_type_size(shape.type));
}

static td_status check_split(td_dataset *data, td_split split)
{
    const td_data_info *info = &data->info;
    static const char *const names[TD_SPLITS][6] = {
        [TD_TRAIN] = {"train/user_offsets", "train/item", "train/row", "train/rating",
                      "train/weight", "train/timestamp"},
        [TD_TEST] = {"test/user_offsets", "test/item", "test/row", "test/rating", "test/weight",
                     "test/timestamp"},
    };
    int64_t rows = info->rows[split];
    TD_TRY(check_shape(data, names[split][0], TD_INT64, info->file_users + 1));
    TD_TRY(check_shape(data, names[split][1], TD_INT32, rows));
    TD_TRY(check_shape(data, names[split][2], TD_INT64, rows));
    if (info->has_ratings)
        TD_TRY(check_shape(data, names[split][3], TD_FLOAT32, rows));
    if (info->has_weights)
        TD_TRY(check_shape(data, names[split][4], TD_FLOAT32, rows));
    return info->has_timestamps ? check_shape(data, names[split][5], TD_INT64, rows) : TD_OK;
}

static td_status check_shapes(td_dataset *data)
{
    const td_data_info *info = &data->info;
    TD_TRY(check_split(data, TD_TRAIN));
    TD_TRY(check_split(data, TD_TEST));
    TD_TRY(check_shape(data, "seen/offsets", TD_INT64, info->file_users + 1));
    TD_TRY(check_shape(data, "users/names/offsets", TD_INT64, info->file_users + 1));
    TD_TRY(check_shape(data, "items/names/offsets", TD_INT64, info->items + 1));
    TD_TRY(check_shape(data, "items/train_counts", TD_INT64, info->items + 1));
    TD_TRY(check_shape(data, "catalogue/item", TD_INT32, info->catalog));
    TD_TRY(check_shape(data, "catalogue/id/offsets", TD_INT64, info->catalog + 1));
    if (!info->has_titles)
        return TD_OK;
    TD_TRY(check_shape(data, "catalogue/title/offsets", TD_INT64, info->catalog + 1));
    TD_TRY(check_shape(data, "items/token_offsets", TD_INT64, info->items + 2));
    return check_shape(data, "tokens/names/offsets", TD_INT64, info->tokens + 1);
}

/* Collective. Values have no checksum of HDF5's: one that changed on the disk may still be
 * possible, and would train another model. Reads the whole file once, each rank a share. */
static td_status verify_values(td_dataset *data)
{
    const char *const everything[] = {"", NULL};
    uint64_t found;
    TD_TRY(td_checksum_groups(data->file, everything, &found));
    if (found == data->info.checksum)
        return TD_OK;
    return TD_DATASET_FAIL(data,
                           "it is damaged: its values have the checksum %016" PRIx64
                           ", and were written with %016" PRIx64 "; copy or prepare it again",
                           found, data->info.checksum);
}

td_status td_dataset_open(td_comm *comm, const char *path, td_dataset **out)
{
    td_dataset *data = TD_NEW(td_dataset, 1);
    data->comm = comm;
    td_status status = td_file_open(comm, path, TD_DATA_FORMAT, TD_DATA_VERSION, &data->file);
    if (status != TD_OK) {
        td_free(data);
        return status;
    }
    status = get_checksum(data);
    if (status == TD_OK)
        status = get_sizes(data);
    if (status == TD_OK)
        status = get_times(data);
    if (status == TD_OK)
        status = check_shapes(data);
    if (status == TD_OK)
        status = verify_values(data);
    if (status == TD_OK)
        *out = data;
    else
        td_dataset_close(data);
    return status;
}

void td_dataset_close(td_dataset *data)
{
    if (!data)
        return;
    td_file_discard(data->file);
    td_free(data);
}

const td_data_info *td_dataset_info(const td_dataset *data)
{
    return &data->info;
}
