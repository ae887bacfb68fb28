/* A data file through the eyes of a model. */
#include "run/model_data.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/fit.h"

#include <string.h>

static td_status check_ratings(const td_data_info *info, const char *path, const td_config *config)
{
    if (!config->rating_enabled || td_schema_with_role(&info->schema, TD_ROLE_LABEL))
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no ratings, which the configuration asks for (rating.enabled); prepare "
                   "the data with them, or leave that out",
                   path);
}

/* Puts the row of id 0, which is told nothing, before those of the file. */
static td_frame by_id(td_frame *file)
{
    td_frame frame = {0};
    td_frame_add_like(&frame, file);
    td_frame_extend(&frame, 1);
    td_frame_append(&frame, file, (td_range){0, file->count});
    td_frame_free(file);
    return frame;
}

/* C: reads the fields of users and items that the model reads, whole on every rank. */
static td_status read_fields(td_dataset *data, td_model_data *loaded)
{
    const td_data_info *info = td_dataset_info(data);
    td_frame users = {0};
    const char **names = td_spec_fields(loaded->spec, &info->schema, TD_OF_USER);
    td_status status = TD_OK;
    if (names[0])
        status = td_dataset_read_user_fields(data, (td_range){0, info->users}, names, &users);
    if (names[0] && status == TD_OK)
        loaded->users = by_id(&users);
    td_free(names);
    TD_TRY(status);
    names = td_spec_fields(loaded->spec, &info->schema, TD_OF_ITEM);
    if (names[0])
        status = td_dataset_read_item_fields(data, names, &loaded->items);
    td_free(names);
    if (loaded->items.count == 0)
        td_frame_extend(&loaded->items, info->items + 1);
    return status;
}

td_status td_model_data_spec(const td_dataset *data, const char *path, const td_config *config,
                             td_spec **spec)
{
    const td_data_info *info = td_dataset_info(data);
    TD_TRY(check_ratings(info, path, config));
    return td_spec_create(config, path, &info->schema, spec);
}

td_status td_model_data_load(td_dataset *data, const char *path, const td_config *config,
                             td_model_data *out)
{
    TD_MEMORY_FOR("fields of users and items", "--data, features");
    *out = (td_model_data){.schema = &td_dataset_info(data)->schema};
    TD_TRY(td_model_data_spec(data, path, config, &out->spec));
    TD_TRY(read_fields(data, out));
    TD_TRY(td_histories_add_to_items(data, &out->spec->histories, &out->users, &out->items));
    TD_TRY(td_derivations_fit(data, &out->users, &out->items, &out->spec->derivations));
    td_spec_bind(out->spec, &out->users, &out->items);
    return TD_OK;
}

void td_model_data_free(td_model_data *model_data)
{
    td_spec_free(model_data->spec);
    td_frame_free(&model_data->users);
    td_frame_free(&model_data->items);
}

/* Appends row after row of one field to a frame of it alone: a given value, else that of the data,
 * if there are such, else a missing one. */
static void choose(int64_t count, td_field *given, td_field *data, const int32_t *ids,
                   td_frame *chosen)
{
    const td_frame of_given = {.count = count, .fields = given ? 1 : 0, .field = given};
    td_frame of_data = {.fields = data ? 1 : 0, .field = data};
    if (!given && !data)
        td_frame_extend(chosen, count);
    for (int64_t row = chosen->count; row < count; row++) {
        if (given && !td_field_is_missing(given, row)) {
            td_frame_append(chosen, &of_given, (td_range){row, 1});
        } else if (data) {
            of_data.count = ids[row] + 1;
            td_frame_append(chosen, &of_data, (td_range){ids[row], 1});
        } else {
            td_frame_extend(chosen, 1);
        }
    }
}

/* The fields of these names, as chosen. */
static td_frame describe(const td_model_data *model_data, td_of of, int64_t count,
                         const int32_t *ids, const td_frame *given)
{
    td_frame described = {.count = 0};
    const td_frame *data = of == TD_OF_USER ? &model_data->users : &model_data->items;
    const char **names = td_spec_fields(model_data->spec, model_data->schema, of);
    for (size_t i = 0; names[i]; i++) {
        td_frame one = {.count = 0};
        td_schema_add_to(td_schema_find(model_data->schema, names[i]), &one);
        td_frame_reserve(&one, count);
        choose(count, td_frame_find(given, names[i]),
               of == TD_OF_ROW ? NULL : td_frame_find(data, names[i]), ids, &one);
        const td_field *field = &one.field[0];
        td_frame_take(&described, names[i], field->type, field->width, count, field->values,
                      field->offsets);
        td_free(one.field[0].name);
        td_free(one.field);
    }
    td_free(names);
    if (described.fields == 0)
        td_frame_extend(&described, count);
    return described;
}

td_frame td_model_data_describe(const td_model_data *model_data, td_of of, int64_t count,
                                const int32_t *ids, const td_frame *given)
{
    td_frame described = describe(model_data, of, count, ids, given);
    td_field *id = td_frame_add(&described, TD_FIELD_ID, TD_INT32, 1);
    if (count > 0)
        memcpy(id->values, ids, (size_t)count * sizeof *ids);
    td_derive(&model_data->spec->derivations, of, &described);
    return described;
}

td_frame td_model_data_describe_rows(const td_model_data *model_data, int64_t count,
                                     const int64_t *seconds, const td_frame *given)
{
    td_frame described = describe(model_data, TD_OF_ROW, count, NULL, given);
    const td_schema_field *time = td_schema_with_role(model_data->schema, TD_ROLE_TIME);
    int64_t *times = time ? td_frame_values(&described, time->name) : NULL;
    for (int64_t row = 0; times && row < count; row++)
        if (td_missing_is(TD_INT64, &times[row]))
            times[row] = seconds[row];
    td_derive(&model_data->spec->derivations, TD_OF_ROW, &described);
    return described;
}

td_frame td_model_data_context(const td_model_data *model_data, int64_t count,
                               const int64_t *seconds)
{
    return td_model_data_describe_rows(model_data, count, seconds, &(td_frame){.count = 0});
}
