/* The one place that knows where features come from. */
#include "model/inputs.h"

#include "base/log.h"

#include <string.h>

/* The view of a field whose entries are those of ids, or of the id itself. */
static td_field_view view_of(const td_feature *feature, const int32_t *ids)
{
    if (feature->is_id)
        return (td_field_view){.values = ids};
    return (td_field_view){ids, feature->field->offsets, feature->field->values,
                           feature->weighted_by ? feature->weighted_by->values : NULL};
}

static const td_field *field_in(const td_frame *context, const td_feature *feature)
{
    const td_field *field = context ? td_frame_find(context, feature->column) : NULL;
    TD_ASSERT(field);
    return field;
}

static const float *weights_in(const td_frame *context, const td_feature *feature)
{
    return feature->weights ? td_frame_values(context, feature->weights) : NULL;
}

/* The view of a field of users or items that is told entry by entry, if it is. */
static bool view_told(const td_feature *feature, const td_frame *fields, td_field_view *view)
{
    const td_field *field = !fields || feature->of == TD_OF_ROW || feature->is_id
                                ? NULL
                                : td_frame_find(fields, feature->column);
    if (field)
        *view = (td_field_view){.offsets = field->offsets,
                                .values = field->values,
                                .weights = weights_in(fields, feature)};
    return field != NULL;
}

static td_field_view view_of_query(const td_feature *feature, const td_queries *queries)
{
    td_field_view told;
    if (feature->is_history) {
        const td_field *list = field_in(queries->lists, feature);
        return (td_field_view){.offsets = list->offsets, .values = list->values};
    }
    if (feature->of != TD_OF_ROW)
        return view_told(feature, queries->fields, &told) ? told : view_of(feature, queries->users);
    const td_field *field = field_in(queries->context, feature);
    return (td_field_view){queries->moments, field->offsets, field->values,
                           weights_in(queries->context, feature)};
}

td_inputs td_inputs_of_features(size_t features, const td_feature *feature,
                                const td_queries *queries, td_field_view *views)
{
    for (size_t f = 0; f < features; f++)
        views[f] = view_of_query(&feature[f], queries);
    return (td_inputs){.count = queries->count, .of = views};
}

td_inputs td_inputs_of_queries(const td_spec *spec, const td_queries *queries, td_field_view *views)
{
    const td_features *features = &spec->features[TD_QUERY];
    return td_inputs_of_features(features->count, features->feature, queries, views);
}

td_inputs td_inputs_of_items(const td_spec *spec, size_t count, const int32_t *items,
                             td_field_view *views)
{
    const td_features *features = &spec->features[TD_CANDIDATE];
    for (size_t f = 0; f < features->count; f++)
        views[f] = view_of(&features->feature[f], items);
    return (td_inputs){.count = count, .of = views};
}

void td_inputs_describe_items(const td_spec *spec, const td_frame *fields, td_field_view *views)
{
    const td_features *features = &spec->features[TD_CANDIDATE];
    for (size_t f = 0; f < features->count; f++)
        view_told(&features->feature[f], fields, &views[f]);
}

/* By their bytes, so that a number that is none is the same as itself. */
static bool is_same(const td_field *field, int64_t a, int64_t b)
{
    const size_t size = td_field_size(field);
    const int64_t at = field->offsets ? field->offsets[a] : a;
    const int64_t other = field->offsets ? field->offsets[b] : b;
    const int64_t elements = field->offsets ? field->offsets[a + 1] - at : 1;
    if (field->offsets && field->offsets[b + 1] - other != elements)
        return false;
    const char *values = field->values;
    return memcmp(values + (size_t)at * size, values + (size_t)other * size,
                  (size_t)elements * size) == 0;
}

static bool is_same_to(const td_feature *feature, const td_frame *context, int64_t a, int64_t b)
{
    return feature->of != TD_OF_ROW ||
           (is_same(field_in(context, feature), a, b) &&
            (!feature->weights || is_same(td_frame_find(context, feature->weights), a, b)));
}

bool td_context_is_same(const td_spec *spec, const td_frame *context, int64_t a, int64_t b)
{
    for (size_t reader = 0; reader < spec->readers; reader++)
        for (size_t f = 0; f < spec->features[reader].count; f++)
            if (!is_same_to(&spec->features[reader].feature[f], context, a, b))
                return false;
    const char *kept = spec->derivations.kept;
    return !kept || is_same(td_frame_find(context, kept), a, b);
}
