/* The table, and its functions. */
#include "data/transform.h"

#include "base/log.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { NUMBER = 1 << TD_KIND_NUMBER, TIME = 1 << TD_KIND_TIME };

/* The value in place i of numbers or times; NaN for one that is missing. */
static double value_at(const td_field *field, int64_t i)
{
    if (field->type == TD_FLOAT32)
        return (double)((const float *)field->values)[i];
    const int64_t time = ((const int64_t *)field->values)[i];
    return time == INT64_MIN ? NAN : (double)time;
}

static void begin_normalized(const td_schema_field *from, td_derivation *d)
{
    const td_summary *summary = &from->summary;
    d->scale = td_time_scale_create(0, 0, 0, summary->mean, summary->variance);
}

static void normalize(const td_derivation *d, const td_field *from, int64_t count, void *made)
{
    float *numbers = made;
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++) {
        const double value = value_at(from, i);
        numbers[i] = isnan(value) ? 0 : td_scale_normalized(&d->scale, value);
    }
}

static void begin_even(const td_schema_field *from, td_derivation *d)
{
    const td_summary *summary = &from->summary;
    d->scale = td_time_scale_create((size_t)d->buckets - 1, summary->low, summary->high,
                                    summary->mean, summary->variance);
}

/* Nothing is below a number that is none: it comes to bucket 0. */
static void set_buckets(const td_derivation *d, const td_field *from, int64_t count, void *made)
{
    int32_t *buckets = made;
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++)
        buckets[i] = td_scale_bucket(&d->scale, (float)value_at(from, i));
}

static const td_transform transforms[] = {
    {.name = "normalized", .kinds = NUMBER | TIME, .begin = begin_normalized, .apply = normalize},
    {.name = "even",
     .kinds = TIME,
     .expected = "expected at least 3, of a field of times",
     .least_buckets = 3,
     .makes_ids = true,
     .begin = begin_even,
     .apply = set_buckets},
};

td_status td_feature_fail(const td_feature_config *config, const td_schema_field *from,
                          const char *key, const char *expected)
{
    return td_fail(
        TD_ERR_CONFIG, "configuration: features.%s.%s: %s; the field '%s' is a %s of each %s",
        config->name, key, expected, from->name, td_kind_name(from->kind), td_of_name(from->of));
}

static const td_transform *find_named(const char *name)
{
    const td_transform *t = transforms;
    while (strcmp(t->name, name) != 0)
        t++;
    return t;
}

td_status td_transform_find(const td_feature_config *config, const td_schema_field *from,
                            const td_transform **transform)
{
    const td_transform *found = find_named(config->buckets > 0 ? "even" : "normalized");
    const bool reads = found->kinds >> from->kind & 1;
    *transform = reads ? found : NULL;
    if (config->buckets > 0 && (!reads || config->buckets < found->least_buckets))
        return td_feature_fail(config, from, "buckets", found->expected);
    return TD_OK;
}

int64_t td_transform_ids(const td_transform *transform, const td_feature_config *config)
{
    return transform->makes_ids ? config->buckets + transform->more_ids : 0;
}
