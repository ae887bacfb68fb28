/* Reading what belongs to users: offsets first, then the rows between them, then a look at every
 * value. A rank's own verdict is agreed on before the next collective call. */
#include "base/log.h"
#include "base/memory.h"
#include "data/dataset_parts.h"
#include "data/frame_file.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAME_BYTES = 128 };

typedef struct {
    char text[NAME_BYTES];
} member_name;

static member_name name_in(td_split split, const char *column)
{
    member_name name;
    snprintf(name.text, sizeof name.text, "%s/%s", td_split_name(split), column);
    return name;
}

/* Users are told by their places: no field has them. */
static void set_users(const td_dataset *data, int64_t first, int64_t users, const int64_t *offsets,
                      int32_t *user)
{
    for (int64_t u = 0; u < users; u++) {
        int64_t place = first + u;
        int32_t id = place < data->info.users ? (int32_t)place + 1 : 0;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++)
            user[i] = id;
    }
}

static td_status fail_at(const td_dataset *data, td_split split, const char *name, int64_t i,
                         int64_t first, const int64_t *offsets)
{
    int64_t user = 0;
    while (offsets[user + 1] <= i)
        user++;
    return TD_DATASET_FAIL(
        data, "the value in '%s' of row %" PRId64 " of the user at place %" PRId64 " is impossible",
        name_in(split, name).text, i - offsets[user], first + user);
}

static td_status check_values(const td_dataset *data, td_split split, int64_t first,
                              const int64_t *offsets, const td_frame *frame)
{
    for (size_t f = 0; f < frame->fields; f++) {
        const td_field *field = &frame->field[f];
        const td_schema_field *said = td_schema_find(&data->info.schema, field->name);
        if (!said || said->role == TD_ROLE_USER)
            continue;
        const int64_t count = td_field_elements(field, frame->count) * field->width;
        const int64_t fault = td_schema_fault(said, 0, count, field->values);
        int64_t row = fault / field->width;
        if (fault == count)
            continue;
        if (field->offsets)
            for (row = 0; field->offsets[row + 1] <= fault;)
                row++;
        char name[sizeof "fields/" + TD_FIELD_NAME_MAX];
        snprintf(name, sizeof name, "fields/%s", field->name);
        return fail_at(data, split, name, row, first, offsets);
    }
    return td_dataset_check_weights(data, name_in(split, "fields").text, frame);
}

/* Rows rise for each user, and none of training is of a user without an id. */
static td_status check_rows(const td_dataset *data, td_split split, int64_t first, int64_t users,
                            const int64_t *offsets, const td_rows *rows)
{
    int64_t all = 0;
    for (int s = 0; s < TD_SPLITS; s++)
        all += data->file_rows[s];
    for (int64_t u = 0; u < users; u++) {
        int64_t before = -1;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++) {
            if (split == TD_TRAIN && rows->user[i] == 0)
                return fail_at(data, split, "user_offsets", i, first, offsets);
            if (rows->row[i] <= before || rows->row[i] >= all)
                return fail_at(data, split, "row", i, first, offsets);
            before = rows->row[i];
        }
    }
    return TD_OK;
}

/* Reads a range of a split's rows, whose users are still missing. */
static td_status read_rows(td_dataset *data, td_split split, td_range range,
                           const char *const *fields, td_frame *frame)
{
    const int64_t all = data->file_rows[split];
    td_frame row = {0};
    td_status status = TD_OK;
    td_frame_add(&row, "row", TD_INT64, 1);
    *frame = td_dataset_fields(data, TD_OF_ROW, fields);
    if (all > 0)
        status = td_frame_read(data->file, name_in(split, "fields").text, all, range, frame);
    if (status == TD_OK && all > 0)
        status = td_frame_read(data->file, td_split_name(split), all, range, &row);
    if (status == TD_OK) {
        const char *user = td_schema_with_role(&data->info.schema, TD_ROLE_USER)->name;
        td_frame_add(frame, user, TD_INT32, 1);
        td_frame_take(frame, TD_FIELD_ROW, TD_INT64, 1, range.count, row.field[0].values, NULL);
        row.field[0].values = NULL;
    }
    td_frame_free(&row);
    return status;
}

td_status td_dataset_read_file_users(td_dataset *data, td_split split, int64_t first, int64_t users,
                                     const char *const *fields, int64_t **user_offsets,
                                     td_rows *rows)
{
    const int64_t all = data->file_rows[split];
    int64_t *offsets = NULL, start = 0;
    td_rows read = {.count = 0};
    td_status status;
    TD_ASSERT(first >= 0 && users >= 0 && first + users <= data->info.file_users);
    if (all == 0)
        offsets = TD_NEW(int64_t, (size_t)users + 1);
    else
        TD_TRY(td_offsets_read(data->file, name_in(split, "user_offsets").text,
                               data->info.file_users, (td_range){first, users}, all, &start,
                               &offsets));
    status = read_rows(data, split, (td_range){start, offsets[users]}, fields, &read.frame);
    if (status == TD_OK) {
        td_rows_bind(&read, &data->info.schema);
        set_users(data, first, users, offsets, read.user);
        status = check_values(data, split, first, offsets, &read.frame);
        if (status == TD_OK)
            status = check_rows(data, split, first, users, offsets, &read);
        status = td_comm_agree(data->comm, status);
    }
    if (status != TD_OK) {
        td_rows_free(&read);
        td_free(offsets);
        return status;
    }
    *user_offsets = offsets;
    *rows = read;
    return TD_OK;
}

td_status td_dataset_read_file_user_offsets(td_dataset *data, td_split split, td_range users,
                                            int64_t **offsets)
{
    int64_t start;
    return td_offsets_read(data->file, name_in(split, "user_offsets").text, data->info.file_users,
                           users, data->file_rows[split], &start, offsets);
}

td_status td_dataset_read_user_fields(td_dataset *data, td_range users, const char *const *fields,
                                      td_frame *frame)
{
    *frame = td_dataset_fields(data, TD_OF_USER, fields);
    td_status status =
        td_frame_read(data->file, "users/fields", data->info.file_users, users, frame);
    if (status == TD_OK)
        status = td_comm_agree(data->comm, td_dataset_check_fields(data, "users/fields", frame, 0));
    if (status != TD_OK)
        td_frame_free(frame);
    return status;
}

td_status td_dataset_read_file_rows(td_dataset *data, td_split split, td_range rows,
                                    const char *const *fields, td_frame *frame)
{
    const member_name group = name_in(split, "fields");
    *frame = td_dataset_fields(data, TD_OF_ROW, fields);
    td_status status = td_frame_read(data->file, group.text, data->file_rows[split], rows, frame);
    if (status == TD_OK)
        status = td_comm_agree(data->comm, td_dataset_check_fields(data, group.text, frame, 0));
    if (status != TD_OK)
        td_frame_free(frame);
    return status;
}

td_status td_dataset_read_file_row_numbers(td_dataset *data, td_split split, int64_t first,
                                           int64_t count, int64_t *numbers)
{
    return td_file_read_rows(data->file, name_in(split, "row").text, TD_INT64, first, count,
                             numbers);
}

static td_status check_seen(const td_dataset *data, int64_t users, const int64_t *offsets,
                            const int32_t *items)
{
    for (int64_t u = 0; u < users; u++) {
        int32_t before = 0;
        for (int64_t i = offsets[u]; i < offsets[u + 1]; i++) {
            if (items[i] <= before || items[i] > data->info.items)
                return TD_DATASET_FAIL(data,
                                       "expected a user's 'users/seen/values' to rise from 1 to "
                                       "%" PRId64 ", found %" PRId32 " after %" PRId32,
                                       data->info.items, items[i], before);
            before = items[i];
        }
    }
    return TD_OK;
}

td_status td_dataset_read_file_seen(td_dataset *data, int64_t first, int64_t users,
                                    int64_t **offsets, int32_t **items)
{
    td_frame frame = {0};
    td_field *seen = td_frame_add_list(&frame, "seen", TD_INT32, 1);
    TD_ASSERT(first >= 0 && users >= 0 && first + users <= data->info.file_users);
    td_status status =
        td_frame_read(data->file, "users", data->info.file_users, (td_range){first, users}, &frame);
    if (status == TD_OK)
        status = td_comm_agree(data->comm, check_seen(data, users, seen->offsets, seen->values));
    if (status == TD_OK) {
        *offsets = seen->offsets;
        *items = seen->values;
        seen->offsets = NULL;
        seen->values = NULL;
    }
    td_frame_free(&frame);
    return status;
}
