#include "train/id_dropout.h"

#include "base/memory.h"
#include "base/random.h"

#include <stdio.h>

void td_id_dropout_create(td_id_dropout *dropout, uint64_t seed, const td_features *features,
                          size_t capacity)
{
    *dropout = (td_id_dropout){
        .seed = seed, .features = features, .ids = TD_NEW(int32_t *, features->count)};
    for (size_t f = 0; f < features->count; f++)
        if (features->feature[f].dropout > 0)
            dropout->ids[f] = TD_NEW(int32_t, capacity);
}

void td_id_dropout_free(td_id_dropout *dropout)
{
    for (size_t f = 0; dropout->ids && f < dropout->features->count; f++)
        td_free(dropout->ids[f]);
    td_free(dropout->ids);
}

enum { UNKNOWN_ID = 0, EMPTY_LIST = -1 };

static uint32_t stream_of(const td_feature *feature)
{
    char name[TD_FIELD_NAME_MAX + sizeof "/dropout"];
    snprintf(name, sizeof name, "%s/dropout", feature->name);
    return td_stream_of_name(name);
}

void td_id_dropout_draw(td_id_dropout *dropout, int64_t step, size_t n, const int32_t *ids,
                        const int64_t *counters)
{
    for (size_t f = 0; f < dropout->features->count; f++) {
        int32_t *left = dropout->ids[f];
        if (!left)
            continue;
        const td_feature *feature = &dropout->features->feature[f];
        const float share = step > 0 ? feature->dropout : 0;
        const uint32_t stream = stream_of(feature);
#pragma omp parallel for
        for (size_t i = 0; i < n; i++) {
            const uint64_t counter = (uint64_t)(counters ? counters[i] : ids[i]);
            const td_random drawn = td_philox(dropout->seed, stream, counter, (uint32_t)step);
            const bool hides = td_uniform(drawn.word[0]) < share;
            if (feature->is_history)
                left[i] = hides ? EMPTY_LIST : (int32_t)i;
            else
                left[i] = hides ? UNKNOWN_ID : ids[i];
        }
    }
}

void td_id_dropout_hide(const td_id_dropout *dropout, size_t first, td_field_view *views)
{
    for (size_t f = 0; f < dropout->features->count; f++) {
        if (!dropout->ids[f])
            continue;
        const int32_t *left = dropout->ids[f] + first;
        if (dropout->features->feature[f].is_id)
            views[f].values = left;
        else
            views[f].index = left;
    }
}
