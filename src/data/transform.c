/* The table, and what a configuration asks of it. */
#include "data/transform.h"

#include "base/place.h"
#include "data/transform_parts.h"
#include "text/time_text.h"

#include <math.h>
#include <string.h>

enum {
    NUMBER = 1 << TD_KIND_NUMBER,
    TIME = 1 << TD_KIND_TIME,
    VECTOR = 1 << TD_KIND_VECTOR,
    CATEGORY = 1 << TD_KIND_CATEGORY
};

double td_value_at(const td_field *field, int64_t i)
{
    if (field->type == TD_FLOAT32)
        return (double)((const float *)field->values)[i];
    const int64_t time = ((const int64_t *)field->values)[i];
    return time == INT64_MIN ? NAN : (double)time;
}

/* Ids as they are, for what has others in use. */
static void copy_ids(const td_derivation *d, const td_frame *frame, void *made)
{
    memcpy(made, td_frame_values(frame, d->from), (size_t)frame->count * sizeof(int32_t));
}

static const td_transform transforms[] = {
    {.name = "normalized",
     .kinds = NUMBER | TIME | VECTOR,
     .expected = "expected a field of numbers, times or vectors",
     .begin = td_begin_numbers,
     .fit = td_fit_numbers,
     .apply = td_apply_numbers},
    {.name = "raw",
     .kinds = NUMBER | VECTOR,
     .expected = "expected a field of numbers or vectors",
     .begin = td_begin_raw,
     .apply = td_apply_numbers},
    {.name = "log",
     .kinds = NUMBER,
     .expected = "expected a field of numbers",
     .map = td_signed_log,
     .begin = td_begin_numbers,
     .fit = td_fit_numbers,
     .apply = td_apply_numbers},
    {.name = "even",
     .kinds = NUMBER | TIME,
     .expected = "expected at least 3, of a field of numbers or times",
     .least_buckets = 3,
     .makes_ids = true,
     .begin = td_begin_even,
     .apply = td_apply_buckets},
    {.name = "quantile",
     .kinds = NUMBER | TIME,
     .expected = "expected at least 2, of a field of numbers or times",
     .least_buckets = 2,
     .makes_ids = true,
     .more_ids = 1,
     .begin = td_begin_quantile,
     .fit = td_fit_quantile,
     .apply = td_apply_buckets},
    {.name = "hour",
     .kinds = TIME,
     .expected = "expected a field of times",
     .makes_ids = true,
     .more_ids = 1 + 24,
     .begin = td_begin_nothing,
     .apply = td_apply_hour},
    {.name = "weekday",
     .kinds = TIME,
     .expected = "expected a field of times",
     .makes_ids = true,
     .more_ids = 1 + 7,
     .begin = td_begin_nothing,
     .apply = td_apply_weekday},
    {.name = "age",
     .kinds = TIME,
     .expected = "expected a field of times",
     .is_of_items = true,
     .begin = td_begin_age,
     .fit = td_fit_age,
     .apply = td_apply_age},
    {.name = "ids",
     .kinds = CATEGORY,
     .expected = "expected a field of categories",
     .makes_ids = true,
     .begin = td_begin_nothing,
     .apply = copy_ids},
};

enum { TRANSFORMS = sizeof transforms / sizeof *transforms };

td_status td_feature_fail(const td_feature_config *config, const td_schema_field *from,
                          const char *key, const char *expected)
{
    return td_fail(
        TD_ERR_CONFIG, "configuration: features.%s.%s: %s; the field '%s' is a %s of each %s",
        config->name, key, expected, from->name, td_kind_name(from->kind), td_of_name(from->of));
}

/* Whether a text of the configuration, which built-in features lack, says something. */
static bool is_said(const char *text)
{
    return text && *text;
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

/* The transform of a feature that names none. */
static const char *otherwise(const td_feature_config *config, const td_schema_field *from)
{
    if (config->buckets > 0)
        return "even";
    return is_said(config->serve) && from->kind == TD_KIND_CATEGORY ? "ids" : "normalized";
}

/* Whether the feature's other keys fit what it makes of its field. */
static td_status check(const td_feature_config *config, const td_schema_field *from,
                       const td_transform *transform)
{
    int64_t zone;
    const bool makes_numbers = transform && !transform->makes_ids;
    if (config->flag && (!makes_numbers || transform->is_of_items))
        return td_feature_fail(config, from, "flag", "expected a field that is read as a number");
    if (is_said(config->within) &&
        (!transform || !transform->fit || from->kind != TD_KIND_NUMBER || transform->makes_ids))
        return td_feature_fail(config, from, "within",
                               "expected a field of numbers, normalized or log");
    if (config->zone && !td_time_read_zone(config->zone, &zone))
        return td_feature_fail(config, from, "zone", "expected a time of UTC like +02:00");
    if (is_said(config->serve) && (!transform || from->kind == TD_KIND_VECTOR ||
                                   from->of != TD_OF_ROW || transform->is_of_items))
        return td_feature_fail(config, from, "serve",
                               "expected a category, number or time of rows");
    return TD_OK;
}

td_status td_transform_find(const td_feature_config *config, const td_schema_field *from,
                            const td_transform **transform)
{
    const bool is_named = is_said(config->transform), counts = config->buckets > 0;
    const td_transform *found;
    TD_TRY(
        find_named(config->name, is_named ? config->transform : otherwise(config, from), &found));
    const bool reads = found->kinds >> from->kind & 1;
    *transform = reads ? found : NULL;
    if ((is_named || counts) && (!reads || config->buckets < found->least_buckets))
        return td_feature_fail(config, from, found->least_buckets > 0 ? "buckets" : "transform",
                               found->expected);
    if (counts && found->least_buckets == 0)
        return td_feature_fail(config, from, "buckets", "expected 0 with this transform");
    return check(config, from, *transform);
}

int64_t td_transform_ids(const td_transform *transform, const td_feature_config *config,
                         const td_schema_field *from)
{
    if (!transform->makes_ids)
        return 0;
    return from->kind == TD_KIND_CATEGORY ? from->vocabulary
                                          : config->buckets + transform->more_ids;
}
