/* The table of feature kinds. */
#include "model/features.h"

#include <string.h>

static int64_t user_rows(const td_sizes *sizes)
{
    return sizes->users;
}

static int64_t bucket_rows(const td_sizes *sizes)
{
    return sizes->buckets;
}

static int64_t item_rows(const td_sizes *sizes)
{
    return sizes->items;
}

static int64_t token_rows(const td_sizes *sizes)
{
    return sizes->tokens;
}

static const int32_t *user_ids(const td_inputs *inputs)
{
    return inputs->user;
}

static const int32_t *bucket_ids(const td_inputs *inputs)
{
    return inputs->bucket;
}

static const int32_t *item_ids(const td_inputs *inputs)
{
    return inputs->item;
}

#define LOOKUP td_lookup_touch, td_lookup_forward, td_lookup_backward
#define TITLE  td_title_touch, td_title_forward, td_title_backward

/* By the names that query.features and candidate.features list. */
static const td_feature_kind query_kinds[] = {
    {"user", "user_table", user_rows, user_ids, LOOKUP},
    {"timestamp_buckets", "bucket_table", bucket_rows, bucket_ids, LOOKUP},
    {"timestamp", NULL, NULL, NULL, NULL, td_time_forward, NULL},
};
static const td_feature_kind candidate_kinds[] = {
    {"item", "item_table", item_rows, item_ids, LOOKUP},
    {"title_text", "token_table", token_rows, NULL, TITLE},
};

td_inputs td_inputs_part(const td_inputs *inputs, size_t first, size_t count)
{
    return (td_inputs){
        .count = count,
        .user = inputs->user ? inputs->user + first : NULL,
        .bucket = inputs->bucket ? inputs->bucket + first : NULL,
        .time = inputs->time ? inputs->time + first : NULL,
        .item = inputs->item ? inputs->item + first : NULL,
        .titles = inputs->titles,
    };
}

static const td_feature_kind *find_kind(td_side side, const char *name)
{
    const td_feature_kind *kinds = side == TD_QUERY ? query_kinds : candidate_kinds;
    const size_t count = side == TD_QUERY ? sizeof query_kinds / sizeof *kinds
                                          : sizeof candidate_kinds / sizeof *kinds;
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

td_status td_feature_check(td_side side, const char *name)
{
    if (find_kind(side, name))
        return TD_OK;
    return td_fail(TD_ERR_CONFIG, "configuration: features.%s: models cannot read it yet", name);
}

td_feature td_feature_declare(td_side side, const char *name, const td_config *config,
                              const td_sizes *sizes, td_parameters *parameters)
{
    const float limit = 0.05F; /* Keras: Embedding's "uniform" initializer */
    td_feature feature = {.kind = find_kind(side, name), .width = 1};
    if (!feature.kind->table)
        return feature;
    feature.width = (size_t)config->model_width;
    feature.tensor =
        td_parameters_declare(parameters, feature.kind->table, "weight",
                              (size_t)feature.kind->table_rows(sizes), feature.width, true, limit);
    return feature;
}

void td_feature_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *tables)
{
    if (feature->kind->touch)
        feature->kind->touch(feature, inputs, &tables[feature->tensor]);
}

void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_inputs *inputs, float *x, size_t stride)
{
    feature->kind->forward(feature, parameters, inputs, x, stride);
}

bool td_feature_is_learned(const td_feature *feature)
{
    return feature->kind->backward != NULL;
}

void td_feature_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients)
{
    if (td_feature_is_learned(feature))
        feature->kind->backward(feature, inputs, dx, stride, scratch, gradients);
}
