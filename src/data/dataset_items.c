/* Reading what belongs to items, whole on every rank, with a look at every value. */
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"

#include <inttypes.h>

static td_status check_items(const td_dataset *data, int64_t count, const int32_t *items)
{
    for (int64_t i = 0; i < count; i++)
        if (items[i] < 1 || items[i] > data->info.items)
            return TD_DATASET_FAIL(data,
                                   "expected 'catalog/item' from 1 to %" PRId64 ", found %" PRId32
                                   " in row %" PRId64,
                                   data->info.items, items[i], i);
    return TD_OK;
}

td_status td_dataset_read_catalog(td_dataset *data, int32_t **items)
{
    td_shape shape;
    void *values;
    TD_TRY(td_file_read(data->file, "catalog/item", TD_INT32, &shape, &values));
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

/* Row 0 is of no item. */
static td_status check_nobody(const td_dataset *data, const td_frame *frame)
{
    for (size_t f = 0; f < frame->fields; f++) {
        const td_field *field = &frame->field[f];
        if (field->offsets && field->offsets[1] != 0)
            return TD_DATASET_FAIL(data, "item 0 of 'items/fields/%s' has %" PRId64 " values",
                                   field->name, field->offsets[1]);
    }
    return TD_OK;
}

td_status td_dataset_read_item_fields(td_dataset *data, const char *const *fields, td_frame *frame)
{
    *frame = td_dataset_fields(data, TD_OF_ITEM, fields);
    const int64_t rows = data->info.items + 1;
    td_status status = td_frame_read(data->file, "items/fields", rows, (td_range){0, rows}, frame);
    if (status == TD_OK)
        status = check_nobody(data, frame);
    if (status == TD_OK)
        status = td_dataset_check_fields(data, "items/fields", frame, 1);
    status = td_comm_agree(data->comm, status);
    if (status != TD_OK)
        td_frame_free(frame);
    return status;
}

td_status td_dataset_read_titles(td_dataset *data, int64_t **offsets, int32_t **tokens)
{
    td_frame frame;
    TD_TRY(td_dataset_expect_titles(data));
    const char *const fields[] = {td_schema_with_role(&data->info.schema, TD_ROLE_TITLE)->name,
                                  NULL};
    TD_TRY(td_dataset_read_item_fields(data, fields, &frame));
    *offsets = frame.field[0].offsets;
    *tokens = frame.field[0].values;
    frame.field[0].offsets = NULL;
    frame.field[0].values = NULL;
    td_frame_free(&frame);
    return TD_OK;
}
