/* Reading what belongs to items, and names, whole on every rank, with a look at every value. Lists
 * of the right length were seen to when the file was opened. */
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"
#include "data/names.h"
#include "text/encoding.h"

#include <inttypes.h>
#include <stdio.h>

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
    int64_t left = data->file_rows[TD_TRAIN];
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

td_status td_dataset_read_file_item_counts(td_dataset *data, int64_t **counts)
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

/* Names are printed: they must be text. */
static td_status check_names(const td_dataset *data, const char *name, const td_strings *names)
{
    for (int64_t i = 0; i < names->count; i++) {
        const td_str name_i = td_string_at(names, i);
        if (td_utf8_valid(name_i.text, name_i.length) != name_i.length)
            return TD_DATASET_FAIL(data, "string %" PRId64 " of '%s' is not UTF-8", i, name);
    }
    return TD_OK;
}

static td_status read_names(td_dataset *data, const char *name, td_strings *names)
{
    TD_TRY(td_file_read_strings(data->file, name, names));
    td_status status = check_names(data, name, names);
    if (status != TD_OK)
        td_strings_free(names);
    return status;
}

td_status td_dataset_read_vocabulary(td_dataset *data, const char *field, td_strings *names)
{
    const td_schema_field *said = td_schema_find(&data->info.schema, field);
    char path[sizeof "vocabularies/" + TD_FIELD_NAME_MAX];
    if (!said || said->vocabulary == 0)
        return td_fail(TD_ERR_INPUT, "%s: expected a field '%s' with a vocabulary",
                       td_file_path(data->file), field);
    snprintf(path, sizeof path, "vocabularies/%s", field);
    return read_names(data, path, names);
}

static td_status read_role(td_dataset *data, td_role role, td_strings *names)
{
    return td_dataset_read_vocabulary(data, td_schema_with_role(&data->info.schema, role)->name,
                                      names);
}

td_status td_dataset_find_id(td_dataset *data, const td_schema_field *field, td_str name,
                             int32_t *id)
{
    td_strings vocabulary = {0};
    if (field->is_hashed) {
        *id = td_names_hash(name, field->vocabulary - 1);
        return TD_OK;
    }
    TD_TRY(td_dataset_read_vocabulary(data, field->name, &vocabulary));
    td_names *names = td_names_create(&vocabulary);
    *id = (int32_t)td_names_find(names, name);
    td_names_free(names);
    td_strings_free(&vocabulary);
    return TD_OK;
}

td_status td_dataset_read_user_names(td_dataset *data, td_strings *names)
{
    return read_role(data, TD_ROLE_USER, names);
}

td_status td_dataset_read_item_names(td_dataset *data, td_strings *names)
{
    return read_role(data, TD_ROLE_ITEM, names);
}

td_status td_dataset_read_catalog_ids(td_dataset *data, td_strings *names)
{
    return read_names(data, "catalog/id", names);
}

td_status td_dataset_read_catalog_titles(td_dataset *data, td_strings *names)
{
    if (!td_schema_with_role(&data->info.schema, TD_ROLE_TITLE))
        return td_fail(TD_ERR_INPUT, "%s: expected the titles of the items; the item list has none",
                       td_file_path(data->file));
    return read_names(data, "catalog/title", names);
}
