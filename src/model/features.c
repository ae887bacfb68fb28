/* The table of feature kinds, and the one family there is today: a row of a table per id. */
#include "model/features.h"

#include "base/log.h"

#include <string.h>

struct td_feature_kind {
    td_side side;
    const char *table;
    size_t (*table_rows)(const td_sizes *sizes);
    const int32_t *(*ids)(const td_inputs *inputs);
};

static size_t user_rows(const td_sizes *sizes)
{
    return (size_t)sizes->users;
}

static const int32_t *user_ids(const td_inputs *inputs)
{
    return inputs->user;
}

static size_t item_rows(const td_sizes *sizes)
{
    return (size_t)sizes->items;
}

static const int32_t *item_ids(const td_inputs *inputs)
{
    return inputs->item;
}

/* In the order of the choices of query.features and candidate.features. */
static const td_feature_kind query_kinds[] = {
    {TD_QUERY, "user_table", user_rows, user_ids},
};
static const td_feature_kind candidate_kinds[] = {
    {TD_CANDIDATE, "item_table", item_rows, item_ids},
};

td_feature td_feature_declare(td_side side, int64_t choice, const td_config *config,
                              const td_sizes *sizes, td_parameters *parameters)
{
    const float limit = 0.05F; /* Keras: Embedding's "uniform" initializer */
    const td_feature_kind *kind =
        side == TD_QUERY ? &query_kinds[choice] : &candidate_kinds[choice];
    size_t width = (size_t)config->model_width;
    size_t tensor = td_parameters_declare(parameters, kind->table, "weight",
                                          kind->table_rows(sizes), width, true, limit);
    return (td_feature){kind, width, tensor};
}

void td_feature_touch(const td_feature *feature, const td_inputs *inputs, td_row_sums *tables)
{
    td_row_sums_touch(&tables[feature->tensor], inputs->count, feature->kind->ids(inputs));
}

void td_feature_forward(const td_feature *feature, const td_parameters *parameters,
                        const td_inputs *inputs, float *x, size_t stride)
{
    const float *table = td_parameters_values(parameters, feature->tensor);
    const int32_t *ids = feature->kind->ids(inputs);
    for (size_t i = 0; i < inputs->count; i++)
        memcpy(x + i * stride, table + (size_t)ids[i] * feature->width, feature->width * sizeof *x);
}

/* Numbers the distinct ids of a tile in the order they come: group[i] is the number of ids[i], and
 * first[g] a row that has id g. Returns how many there are. */
static size_t group_by_id(size_t n, const int32_t *ids, uint16_t *group, uint16_t *first)
{
    enum { BUCKETS = 4 * TD_TILE_ROWS, EMPTY = 0xffff };
    uint16_t bucket[BUCKETS];
    size_t groups = 0;
    memset(bucket, 0xff, sizeof bucket);
    for (size_t i = 0; i < n; i++) {
        size_t at = (uint32_t)ids[i] * 2654435769U % BUCKETS;
        while (bucket[at] != EMPTY && ids[first[bucket[at]]] != ids[i])
            at = (at + 1) % BUCKETS;
        if (bucket[at] == EMPTY) {
            first[groups] = (uint16_t)i;
            bucket[at] = (uint16_t)groups++;
        }
        group[i] = bucket[at];
    }
    return groups;
}

void td_feature_backward(const td_feature *feature, const td_inputs *inputs, const float *dx,
                         size_t stride, float *scratch, td_gradients *gradients)
{
    uint16_t group[TD_TILE_ROWS], first[TD_TILE_ROWS];
    const int32_t *ids = feature->kind->ids(inputs);
    const size_t width = feature->width;
    TD_ASSERT(inputs->count <= TD_TILE_ROWS);
    size_t groups = group_by_id(inputs->count, ids, group, first);
    memset(scratch, 0, groups * width * sizeof *scratch);
    for (size_t i = 0; i < inputs->count; i++)
        for (size_t k = 0; k < width; k++)
            scratch[group[i] * width + k] += dx[i * stride + k];
    for (size_t g = 0; g < groups; g++) {
        td_magnitude size = td_row_sums_add(&gradients->tables[feature->tensor], gradients->kernels,
                                            ids[first[g]], scratch + g * width);
        td_gradients_note(gradients, feature->tensor, size);
    }
}
