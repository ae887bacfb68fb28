/* A data file through the eyes of a model. */
#include "run/model_data.h"

#include "base/memory.h"
#include "data/dataset_fields.h"
#include "math/elementary.h"

#include <string.h>

static td_status check_ratings(const td_data_info *info, const char *path, const td_config *config)
{
    if (info->has_ratings || !config->rating_enabled)
        return TD_OK;
    return td_fail(TD_ERR_MISMATCH,
                   "%s has no ratings, which the configuration asks for (rating.enabled); prepare "
                   "the data with them, or leave that out",
                   path);
}

/* Rows have no fields but those of the built-in features yet. */
static td_status check_context(const td_spec *spec)
{
    const td_features *features = &spec->features[TD_QUERY];
    td_field fields[TD_CONTEXT_FIELDS];
    const td_frame context = td_rows_context(&(td_rows){.count = 0}, fields);
    for (size_t i = 0; i < features->count; i++) {
        const td_feature *feature = &features->feature[i];
        const td_field *field = td_frame_find(&context, feature->column);
        const td_derivation *d = td_derivations_find(&spec->derivations, feature->column);
        if (feature->of == TD_OF_ROW && (!field || d->is_bucket != (field->type == TD_INT32)))
            return td_fail(TD_ERR_CONFIG,
                           "configuration: features.%s.field: of rows, towers read the time alone, "
                           "as timestamp_buckets and timestamp; expected a field of users",
                           feature->name);
    }
    return TD_OK;
}

/* Reads the fields of users and items that the model reads. */
static td_status read_fields(td_dataset *data, td_model_data *loaded)
{
    td_frame *const frames[] = {[TD_OF_USER] = &loaded->users, [TD_OF_ITEM] = &loaded->items};
    for (size_t i = 0; i < loaded->schema.count; i++) {
        const td_schema_field *field = &loaded->schema.fields[i];
        if (field->of != TD_OF_ROW && td_spec_reads(loaded->spec, field->name))
            TD_TRY(td_dataset_read_field(data, field, frames[field->of]));
    }
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
    *out = (td_model_data){.spec = NULL};
    TD_TRY(td_dataset_read_schema(data, &out->schema));
    TD_TRY(check_ratings(info, path, config));
    TD_TRY(td_spec_create(config, path, &out->schema, &out->spec));
    TD_TRY(check_context(out->spec));
    TD_TRY(read_fields(data, out));
    td_spec_bind(out->spec, &out->users, &out->items);
    return config->retrieval_log_q ? read_item_bias(data, &out->item_bias) : TD_OK;
}

void td_model_data_free(td_model_data *model_data)
{
    td_spec_free(model_data->spec);
    td_schema_free(&model_data->schema);
    td_frame_free(&model_data->users);
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
