/* A data file through the eyes of a model. */
#include "run/model_data.h"

#include "base/memory.h"
#include "data/fit.h"
#include "math/elementary.h"

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

/* Source: TFRS layers/loss.py, SamplingProbabilityCorrection: log(clip(p, 1e-6, 1)). */
static float bias_of(int64_t count, int64_t total)
{
    const float share = (float)((double)count / (double)total);
    return -td_ln(share < 1e-6F ? 1e-6F : share);
}

static td_status read_item_bias(td_dataset *data, float **bias)
{
    const td_data_info *info = td_dataset_info(data);
    int64_t *counts = NULL;
    TD_TRY(td_dataset_read_item_counts(data, &counts));
    *bias = TD_NEW(float, (size_t)info->items + 1);
    for (int64_t i = 0; i <= info->items; i++)
        (*bias)[i] = bias_of(counts[i], info->rows[TD_TRAIN]);
    td_free(counts);
    return TD_OK;
}

td_status td_model_data_load(td_dataset *data, const char *path, const td_config *config,
                             td_model_data *out)
{
    const td_data_info *info = td_dataset_info(data);
    *out = (td_model_data){.schema = &info->schema};
    TD_TRY(check_ratings(info, path, config));
    TD_TRY(td_spec_create(config, path, out->schema, &out->spec));
    TD_TRY(read_fields(data, out));
    TD_TRY(td_histories_add_to_items(data, &out->spec->histories, &out->users, &out->items));
    TD_TRY(td_derivations_fit(data, &out->users, &out->items, &out->spec->derivations));
    td_spec_bind(out->spec, &out->users, &out->items);
    return config->retrieval_log_q ? read_item_bias(data, &out->item_bias) : TD_OK;
}

void td_model_data_free(td_model_data *model_data)
{
    td_spec_free(model_data->spec);
    td_frame_free(&model_data->users);
    td_frame_free(&model_data->items);
    td_free(model_data->item_bias);
}

td_frame td_model_data_context(const td_model_data *model_data, int64_t count,
                               const int64_t *seconds)
{
    td_frame context = {.count = 0};
    const char **names = td_spec_fields(model_data->spec, model_data->schema, TD_OF_ROW);
    for (size_t i = 0; names[i]; i++)
        td_schema_add_to(td_schema_find(model_data->schema, names[i]), &context);
    td_free(names);
    td_frame_extend(&context, count);
    const td_schema_field *time = td_schema_with_role(model_data->schema, TD_ROLE_TIME);
    int64_t *times = time ? td_frame_values(&context, time->name) : NULL;
    if (times)
        memcpy(times, seconds, (size_t)count * sizeof *times);
    td_derive(&model_data->spec->derivations, TD_OF_ROW, &context);
    return context;
}
