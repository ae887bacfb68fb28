#include "serve/own_fields.h"

#include "base/memory.h"

#include <string.h>

td_status td_own_fields_read(td_dataset *data, const char *const *names, td_own_fields *own)
{
    const td_data_info *info = td_dataset_info(data);
    own->first = info->users;
    return td_dataset_read_user_fields(data, td_range_to(info->users, info->file_users), names,
                                       &own->fields);
}

/* A frame of one field of told, with own values where it misses some. */
static td_frame fill(const td_own_fields *own, const int64_t *place, const td_frame *told, size_t f)
{
    td_frame of_told = {.count = told->count, .fields = 1, .field = &told->field[f]}, filled = {0};
    td_field *field = td_frame_find(&own->fields, told->field[f].name);
    td_frame of_own = {.count = own->fields.count, .fields = field ? 1 : 0, .field = field};
    td_frame_add_like(&filled, &of_told);
    for (int64_t row = 0; row < told->count; row++) {
        const bool is_own =
            field && place[row] >= own->first && td_field_is_missing(&told->field[f], row);
        td_frame_append(&filled, is_own ? &of_own : &of_told,
                        (td_range){is_own ? place[row] - own->first : row, 1});
    }
    return filled;
}

bool td_own_fields_fill(const td_own_fields *own, const int64_t *place, td_frame *told)
{
    bool any = false;
    for (int64_t row = 0; row < told->count; row++)
        any = any || place[row] >= own->first;
    if (!any)
        return false;
    td_frame all = {.count = 0};
    for (size_t f = 0; f < told->fields; f++) {
        td_frame one = fill(own, place, told, f);
        const td_field *field = &one.field[0];
        td_frame_take(&all, field->name, field->type, field->width, told->count, field->values,
                      field->offsets);
        td_free(one.field[0].name);
        td_free(one.field);
    }
    td_frame_free(told);
    *told = all;
    return true;
}

td_status td_own_fields_give(td_given *given)
{
    const int64_t count = given->frame.count, first = td_dataset_info(given->data)->users;
    int64_t *place = TD_NEW(int64_t, (size_t)count);
    bool any = false;
    td_own_fields own = {.first = 0};
    for (int64_t i = 0; i < count; i++) {
        const char *name = given->name[i];
        place[i] = td_known_names_user_place(given->known, (td_str){name, strlen(name)});
        any = any || place[i] >= first;
    }
    td_status status = any ? td_own_fields_read(given->data, NULL, &own) : TD_OK;
    if (any && status == TD_OK)
        td_own_fields_fill(&own, place, &given->frame);
    td_frame_free(&own.fields);
    td_free(place);
    return status;
}
