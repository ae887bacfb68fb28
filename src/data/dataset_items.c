/* Reading what belongs to items, whole on every rank, with a look at every value. */
#include "base/memory.h"
#include "data/dataset_parts.h"

#include <inttypes.h>

static td_status check_items(const td_dataset *data, int64_t count, const int32_t *items)
{
    for (int64_t i = 0; i < count; i++)
        if (items[i] < 1 || items[i] > data->info.items)
            return TD_DATASET_FAIL(data,
                                   "expected 'catalogue/item' from 1 to %" PRId64 ", found %" PRId32
                                   " in row %" PRId64,
                                   data->info.items, items[i], i);
    return TD_OK;
}

td_status td_dataset_read_catalog(td_dataset *data, int32_t **items)
{
    td_shape shape;
    void *values;
    TD_TRY(td_file_read(data->file, "catalogue/item", TD_INT32, &shape, &values));
    td_status status = check_items(data, shape.rows, values);
    if (status == TD_OK)
        *items = values;
    else
        td_free(values);
    return status;
}

static td_status check_counts(const td_dataset *data, const int64_t *counts)
{
    int64_t left = data->info.rows[TD_TRAIN];
    for (int64_t id = 0; id <= data->info.items; id++) {
        if (counts[id] < 0 || counts[id] > left || (id == 0 && counts[id] != 0))
            return TD_DATASET_FAIL(
                data, "'items/train_counts' of id %" PRId64 " cannot be %" PRId64, id, counts[id]);
        left -= counts[id];
    }
    if (left == 0)
        return TD_OK;
    return TD_DATASET_FAIL(data, "'items/train_counts' miss %" PRId64 " of the training rows",
                           left);
}

td_status td_dataset_read_item_counts(td_dataset *data, int64_t **counts)
{
    td_shape shape;
    void *values;
    TD_TRY(td_file_read(data->file, "items/train_counts", TD_INT64, &shape, &values));
    td_status status = check_counts(data, values);
    if (status == TD_OK)
        *counts = values;
    else
        td_free(values);
    return status;
}

td_status td_dataset_expect_titles(const td_dataset *data)
{
    if (data->info.has_titles)
        return TD_OK;
    return td_fail(TD_ERR_INPUT, "%s: expected the titles of the items; the item list has none",
                   td_file_path(data->file));
}

static td_status check_token_offsets(const td_dataset *data, const int64_t *offsets, int64_t total)
{
    for (int64_t id = 0; id <= data->info.items; id++) {
        bool right = id == 0 ? offsets[0] == 0 && offsets[1] == 0 : offsets[id] <= offsets[id + 1];
        if (!right)
            return TD_DATASET_FAIL(data,
                                   "'items/token_offsets' do not rise from 0, 0: found %" PRId64
                                   ", %" PRId64 " for id %" PRId64,
                                   offsets[id], offsets[id + 1], id);
    }
    if (offsets[data->info.items + 1] == total)
        return TD_OK;
    return TD_DATASET_FAIL(data,
                           "'items/token_offsets' end at %" PRId64 ", expected the %" PRId64
                           " values of 'items/tokens'",
                           offsets[data->info.items + 1], total);
}

static td_status check_tokens(const td_dataset *data, int64_t count, const int32_t *tokens)
{
    for (int64_t i = 0; i < count; i++)
        if (tokens[i] < 1 || tokens[i] >= data->info.tokens)
            return TD_DATASET_FAIL(data,
                                   "expected 'items/tokens' from 1 to %" PRId64 ", found %" PRId32
                                   " at place %" PRId64,
                                   data->info.tokens - 1, tokens[i], i);
    return TD_OK;
}

static td_status check_titles(const td_dataset *data, td_shape shape, const int64_t *offsets,
                              const int32_t *tokens)
{
    if (shape.columns != 0)
        return TD_DATASET_FAIL(data, "'%s' has two dimensions, expected one", "items/tokens");
    TD_TRY(check_token_offsets(data, offsets, shape.rows));
    return check_tokens(data, shape.rows, tokens);
}

td_status td_dataset_read_titles(td_dataset *data, int64_t **offsets, int32_t **tokens)
{
    td_shape shape;
    void *places, *ids = NULL;
    TD_TRY(td_dataset_expect_titles(data));
    TD_TRY(td_file_read(data->file, "items/token_offsets", TD_INT64, &shape, &places));
    td_status status = td_file_read(data->file, "items/tokens", TD_INT32, &shape, &ids);
    if (status == TD_OK)
        status = check_titles(data, shape, places, ids);
    if (status != TD_OK) {
        td_free(places);
        td_free(ids);
        return status;
    }
    *offsets = places;
    *tokens = ids;
    return TD_OK;
}
