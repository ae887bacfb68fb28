/* A data file through the eyes of a model. */
#include "run/model_data.h"

#include "base/memory.h"
#include "math/elementary.h"

static bool reads_times(const td_config *config)
{
    return td_model_reads(config, TD_QUERY, TD_FEATURE_TIMESTAMP) ||
           td_model_reads(config, TD_QUERY, TD_FEATURE_TIMESTAMP_BUCKETS);
}

static bool reads_titles(const td_config *config)
{
    return td_model_reads(config, TD_CANDIDATE, TD_FEATURE_TITLE_TEXT);
}

/* The model must fit the data. */
static td_status check_columns(const td_data_info *info, const char *path, const td_config *config)
{
    const struct {
        bool needed;
        bool there;
        const char *what;
        const char *key;
    } columns[] = {
        {reads_titles(config), info->has_titles, "titles", "candidate.features: title_text"},
        {reads_times(config), info->has_timestamps, "timestamps",
         "query.features: timestamp_buckets or timestamp"},
        {config->rating_enabled, info->has_ratings, "ratings", "rating.enabled"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (columns[i].needed && !columns[i].there)
            return td_fail(TD_ERR_MISMATCH,
                           "%s has no %s, which the configuration asks for (%s); prepare the data "
                           "with them, or leave that out",
                           path, columns[i].what, columns[i].key);
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
    td_model_data loaded = {.sizes = {.users = info->users + 1, .items = info->items + 1}};
    td_status status = check_columns(info, path, config);
    if (status == TD_OK && reads_times(config)) {
        const int64_t edges = config->query_timestamp_edges;
        loaded.has_times = true;
        loaded.sizes.buckets = edges + 1;
        loaded.times = td_time_scale_create((size_t)edges, info->time_first, info->time_last,
                                            info->time_mean, info->time_variance);
    }
    if (status == TD_OK && reads_titles(config)) {
        loaded.sizes.tokens = info->tokens;
        status = td_dataset_read_titles(data, &loaded.title_offsets, &loaded.title_tokens);
    }
    if (status == TD_OK && config->retrieval_log_q)
        status = read_item_bias(data, &loaded.item_bias);
    *out = loaded;
    return status;
}

void td_model_data_free(td_model_data *model_data)
{
    td_time_scale_free(&model_data->times);
    td_free(model_data->title_offsets);
    td_free(model_data->title_tokens);
    td_free(model_data->item_bias);
}

const td_time_scale *td_model_data_times(const td_model_data *model_data)
{
    return model_data->has_times ? &model_data->times : NULL;
}

td_titles td_model_data_titles(const td_model_data *model_data)
{
    return (td_titles){model_data->title_offsets, model_data->title_tokens};
}
