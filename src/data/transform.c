/* The table, and its functions. */
#include "data/transform.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/range.h"

#include <math.h>
#include <stdlib.h>
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

/* A float's bits in an order of whole numbers; -0 is 0. */
static uint32_t key_of(float number)
{
    const float value = number == 0 ? 0 : number;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static float of_key(uint32_t key)
{
    const uint32_t bits = key >> 31 ? key & ~(UINT32_C(1) << 31) : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int by_key(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Returns how many of the sorted keys are below one. */
static int64_t count_below(const uint32_t *keys, int64_t count, uint32_t key)
{
    int64_t low = 0, high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Collective. Sets found[i] to the key in place places[i], from 0, of all ranks' in order: the
 * largest that so many at most are below, bit by bit. keys (count) are sorted. */
static void select_keys(td_comm *comm, const uint32_t *keys, int64_t count, size_t n,
                        const int64_t *places, uint32_t *found)
{
    int64_t *below = TD_NEW(int64_t, n);
    for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
        for (size_t i = 0; i < n; i++)
            below[i] = count_below(keys, count, found[i] | bit);
        td_comm_sum(comm, n, below);
        for (size_t i = 0; i < n; i++)
            found[i] |= below[i] <= places[i] ? bit : 0;
    }
    td_free(below);
}

/* The place, from 0, of the last of n training values that the first b of B buckets take: that of
 * number ceil(b n / B). */
static int64_t last_of(int64_t n, int64_t b, int64_t buckets)
{
    const bool divides = n % buckets * b % buckets == 0;
    return td_share(n, b, buckets) - divides;
}

/* The edge after a bucket is the next number after its last training value. The first edge is below
 * all numbers, so that bucket 0 has only what is missing. */
static void fit_quantile(const td_training_values *values, td_derivation *d)
{
    const size_t inner = (size_t)d->buckets - 1;
    uint32_t *keys = TD_NEW(uint32_t, (size_t)values->count);
    uint32_t *found = TD_NEW(uint32_t, inner);
    int64_t *places = TD_NEW(int64_t, inner), mine = 0;
    for (int64_t i = 0; i < values->count; i++) {
        const double value = value_at(values->field, i);
        if (!isnan(value))
            keys[mine++] = key_of((float)value);
    }
    qsort(keys, (size_t)mine, sizeof *keys, by_key);
    int64_t all = mine;
    td_comm_sum(values->comm, 1, &all);
    for (size_t i = 0; i < inner && all > 0; i++)
        places[i] = last_of(all, (int64_t)i + 1, d->buckets);
    select_keys(values->comm, keys, mine, inner, places, found);
    d->scale.count = inner + 1;
    d->scale.edges = TD_NEW(float, inner + 1);
    d->scale.edges[0] = -INFINITY;
    for (size_t i = 0; i < inner; i++)
        d->scale.edges[i + 1] = all > 0 ? of_key(found[i] + 1) : INFINITY;
    td_free(keys);
    td_free(found);
    td_free(places);
}

static void begin_quantile(const td_schema_field *from, td_derivation *d)
{
    (void)from;
    d->scale = (td_time_scale){.deviation = 1};
}

static const td_transform transforms[] = {
    {.name = "normalized",
     .kinds = NUMBER | TIME,
     .expected = "expected a field of numbers or times",
     .begin = begin_normalized,
     .apply = normalize},
    {.name = "even",
     .kinds = NUMBER | TIME,
     .expected = "expected at least 3, of a field of numbers or times",
     .least_buckets = 3,
     .makes_ids = true,
     .begin = begin_even,
     .apply = set_buckets},
    {.name = "quantile",
     .kinds = NUMBER | TIME,
     .expected = "expected at least 2, of a field of numbers or times",
     .least_buckets = 2,
     .makes_ids = true,
     .more_ids = 1,
     .begin = begin_quantile,
     .fit = fit_quantile,
     .apply = set_buckets},
};

td_status td_feature_fail(const td_feature_config *config, const td_schema_field *from,
                          const char *key, const char *expected)
{
    return td_fail(
        TD_ERR_CONFIG, "configuration: features.%s.%s: %s; the field '%s' is a %s of each %s",
        config->name, key, expected, from->name, td_kind_name(from->kind), td_of_name(from->of));
}

enum { TRANSFORMS = sizeof transforms / sizeof *transforms };

/* Whether a feature names its transform, where otherwise buckets tell. */
static bool is_named(const td_feature_config *config)
{
    return config->transform && *config->transform;
}

static td_status find_named(const char *feature, const char *name, const td_transform **transform)
{
    const char *names[TRANSFORMS];
    for (size_t i = 0; i < TRANSFORMS; i++) {
        *transform = &transforms[i];
        names[i] = transforms[i].name;
        if (strcmp(name, names[i]) == 0)
            return TD_OK;
    }
    return td_fail(TD_ERR_CONFIG,
                   "configuration: features.%s.transform: expected a transform (tandem help "
                   "config), found '%s'; the nearest is '%s'",
                   feature, name, names[td_nearest(name, TRANSFORMS, names)]);
}

td_status td_transform_find(const td_feature_config *config, const td_schema_field *from,
                            const td_transform **transform)
{
    const bool named = is_named(config), counts = config->buckets > 0;
    const char *otherwise = counts ? "even" : "normalized";
    const td_transform *found;
    TD_TRY(find_named(config->name, named ? config->transform : otherwise, &found));
    const bool reads = found->kinds >> from->kind & 1;
    *transform = reads ? found : NULL;
    if ((named || counts) && (!reads || config->buckets < found->least_buckets))
        return td_feature_fail(config, from, found->least_buckets > 0 ? "buckets" : "transform",
                               found->expected);
    if (counts && found->least_buckets == 0)
        return td_feature_fail(config, from, "buckets", "expected 0 with this transform");
    return TD_OK;
}

int64_t td_transform_ids(const td_transform *transform, const td_feature_config *config)
{
    return transform->makes_ids ? config->buckets + transform->more_ids : 0;
}
