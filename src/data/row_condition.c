#include "data/row_condition.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/condition.h"
#include "data/dataset.h"

/* Collective: the id of a category's name, 0 if the data has none. */
static td_status find_id(void *of, const td_schema_field *field, td_str name, int32_t *id)
{
    return td_dataset_find_id(of, field, name, id);
}

/* The place in the file of a row's user: the user at a place has the next id, or none. */
static int64_t place_of(const td_rows *rows, const int64_t *place, int64_t i)
{
    return place ? place[i] : rows->user[i] - 1;
}

/* From the first to the last of them. */
static td_range places_of(const td_rows *rows, const int64_t *place)
{
    int64_t first = rows->count > 0 ? INT32_MAX : 0, end = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        first = td_smaller(first, place_of(rows, place, i));
        end = td_larger(end, place_of(rows, place, i) + 1);
    }
    return td_range_to(first, end);
}

/* Collective: reads the fields of users, or of items, that a condition names. */
static td_status read_named(td_dataset *data, const td_condition *condition, td_of of,
                            td_range users, td_frame *frame)
{
    const char **fields = td_condition_fields(condition, of);
    td_status status = TD_OK;
    if (fields[0] && of == TD_OF_USER)
        status = td_dataset_read_user_fields(data, users, fields, frame);
    else if (fields[0])
        status = td_dataset_read_item_fields(data, fields, frame);
    td_free(fields);
    return status;
}

/* Collective: the same of a condition that has been read. */
static td_status test(td_dataset *data, const td_condition *condition, const td_rows *rows,
                      const int64_t *place, bool *holds)
{
    td_frame users = {0}, items = {0};
    const td_range range = places_of(rows, place);
    int32_t *user = TD_NEW(int32_t, (size_t)rows->count);
    td_status status = read_named(data, condition, TD_OF_USER, range, &users);
    if (status == TD_OK)
        status = read_named(data, condition, TD_OF_ITEM, range, &items);
    for (int64_t i = 0; i < rows->count; i++)
        user[i] = (int32_t)(place_of(rows, place, i) - range.first);
    const td_condition_rows of = {
        .frame = {[TD_OF_ROW] = &rows->frame, [TD_OF_USER] = &users, [TD_OF_ITEM] = &items},
        .place = {[TD_OF_USER] = user, [TD_OF_ITEM] = rows->item}};
    if (status == TD_OK)
        td_condition_test(condition, &of, (td_range){0, rows->count}, holds);
    td_frame_free(&users);
    td_frame_free(&items);
    td_free(user);
    return status;
}

td_status td_row_condition_test(td_dataset *data, const char *key, const char *text,
                                const td_rows *rows, const int64_t *place, bool *holds)
{
    td_condition *condition;
    const td_condition_names names = {&td_dataset_info(data)->schema, find_id, data};
    TD_TRY(td_condition_parse(text, (td_place){.where = key}, &names, &condition));
    const td_status status = test(data, condition, rows, place, holds);
    td_condition_free(condition);
    return status;
}
