/* A data file through the eyes of a model. */
#include "run/model_data.h"

#include "base/memory.h"
#include "math/elementary.h"

#include <string.h>

/* What the file has, as a schema. */
static td_schema schema_of(const td_data_info *info)
{
    td_schema schema = {0};
    const td_summary times = {.low = (double)info->time_first,
                              .high = (double)info->time_last,
                              .mean = info->time_mean,
                              .variance = info->time_variance};
    td_schema_add(&schema, (td_schema_field){.name = "user",
                                             .kind = TD_KIND_CATEGORY,
                                             .role = TD_ROLE_USER,
                                             .vocabulary = info->users + 1});
    td_schema_add(&schema, (td_schema_field){.name = "item",
                                             .kind = TD_KIND_CATEGORY,
                                             .role = TD_ROLE_ITEM,
                                             .vocabulary = info->items + 1});
    if (info->has_timestamps)
        td_schema_add(&schema, (td_schema_field){.name = "timestamp",
                                                 .kind = TD_KIND_TIME,
                                                 .role = TD_ROLE_TIME,
                                                 .summary = times});
    if (info->has_titles)
        td_schema_add(&schema, (td_schema_field){.name = "title",
                                                 .of = TD_OF_ITEM,
                                                 .kind = TD_KIND_TEXT,
                                                 .role = TD_ROLE_TITLE,
                                                 .vocabulary = info->tokens});
    return schema;
}

static td_status check_ratings(const td_data_info *info, const char *path, const td_config *config)
{
    if (info->has_ratings || !config->rating_enabled)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no ratings, which the configuration asks for (rating.enabled); prepare "
                   "the data with them, or leave that out",
                   path);
}

/* Reads the fields of items that the model reads. */
static td_status read_items(td_dataset *data, td_model_data *loaded)
{
    int64_t *offsets;
    int32_t *tokens;
    const td_schema_field *title = td_schema_with_role(&loaded->schema, TD_ROLE_TITLE);
    if (!title || !td_spec_reads(loaded->spec, title->name))
        return TD_OK;
    TD_TRY(td_dataset_read_titles(data, &offsets, &tokens));
    td_frame_take(&loaded->items, title->name, TD_INT32, 1, loaded->spec->items, tokens, offsets);
    return TD_OK;
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
    *out = (td_model_data){.schema = schema_of(info)};
    TD_TRY(check_ratings(info, path, config));
    TD_TRY(td_spec_create(config, path, &out->schema, &out->spec));
    TD_TRY(read_items(data, out));
    td_spec_bind(out->spec, NULL, &out->items);
    return config->retrieval_log_q ? read_item_bias(data, &out->item_bias) : TD_OK;
}

void td_model_data_free(td_model_data *model_data)
{
    td_spec_free(model_data->spec);
    td_schema_free(&model_data->schema);
    td_frame_free(&model_data->items);
    td_free(model_data->item_bias);
}

td_frame td_model_data_context(const td_model_data *model_data, int64_t count,
                               const int64_t *seconds)
{
    td_frame context = {.count = 0};
    for (size_t i = 0; i < model_data->schema.count; i++) {
        const td_schema_field *field = &model_data->schema.fields[i];
        const bool is_id = field->role == TD_ROLE_USER || field->role == TD_ROLE_ITEM;
        if (field->of == TD_OF_ROW && !is_id && td_spec_reads(model_data->spec, field->name))
            td_schema_add_to(field, &context);
    }
    td_frame_extend(&context, count);
    const td_schema_field *time = td_schema_with_role(&model_data->schema, TD_ROLE_TIME);
    int64_t *times = time ? td_frame_values(&context, time->name) : NULL;
    if (times)
        memcpy(times, seconds, (size_t)count * sizeof *times);
    td_derive(&model_data->spec->derivations, TD_OF_ROW, &context);
    return context;
}
