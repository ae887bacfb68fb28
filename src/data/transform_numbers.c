/* Numbers: mapped, then with the mean 0 and the deviation 1 of the training values, of all of them
 * or of those of a category; vectors value by value. */
#include "base/memory.h"
#include "data/summary.h"
#include "data/transform_parts.h"
#include "math/elementary.h"

#include <math.h>

#define LEAST_DEVIATION 1e-7 /* Keras: Normalization */

float td_signed_log(float number)
{
    return number < 0 ? -td_ln(1 - number) : td_ln(1 + number);
}

void td_begin_numbers(const td_schema_field *from, td_derivation *d)
{
    const td_summary *summary = &from->summary;
    d->scale = td_time_scale_create(0, 0, 0, summary->mean, summary->variance);
    d->needs_fit = d->transform->map || d->within || from->kind == TD_KIND_VECTOR;
}

void td_begin_raw(const td_schema_field *from, td_derivation *d)
{
    (void)from;
    d->scale = td_time_scale_create(0, 0, 0, 0, 1);
}

/* The values to fit, one after the other: of a row as many as its field is wide. */
typedef struct {
    const int32_t *category; /* NULL: groups are the values of a vector */
    int64_t width;
} grouping;

static int64_t all_as_one(const void *context, int64_t i)
{
    (void)context;
    (void)i;
    return 0;
}

static int64_t group_of(const void *context, int64_t i)
{
    const grouping *g = context;
    return g->category ? g->category[i] : i % g->width;
}

/* A category of fewer than two values has the mean and deviation of all; one whose values are all
 * the same, the deviation of all. */
static void set_group(td_derivation *d, size_t group, const td_summary *summary)
{
    const bool has_mean = summary->count > 1;
    const double deviation = has_mean ? sqrt(summary->variance) : 0;
    d->means[group] = has_mean ? summary->mean : d->scale.mean;
    d->deviations[group] = deviation > LEAST_DEVIATION ? deviation : d->scale.deviation;
}

void td_fit_numbers(const td_training_values *values, td_derivation *d)
{
    const td_field *from = td_frame_find(&values->part, d->from);
    const int64_t count = values->part.count * from->width;
    const grouping g = {d->within ? td_frame_values(&values->part, d->within) : NULL, from->width};
    const float *numbers = from->values;
    float *mapped = TD_NEW(float, (size_t)count);
    td_summary all;
    for (int64_t i = 0; i < count; i++)
        mapped[i] = d->transform->map ? d->transform->map(numbers[i]) : numbers[i];
    td_summarize_groups(values->comm, count, mapped, 1, all_as_one, NULL, &all);
    td_time_scale_free(&d->scale);
    d->scale = td_time_scale_create(0, 0, 0, all.mean, all.variance);
    if (d->within)
        d->groups = (size_t)td_schema_find(values->schema, d->within)->vocabulary;
    else if (from->width > 1)
        d->groups = (size_t)from->width;
    td_summary *summary = TD_NEW(td_summary, d->groups);
    d->means = TD_NEW(double, d->groups);
    d->deviations = TD_NEW(double, d->groups);
    if (d->groups > 0)
        td_summarize_groups(values->comm, count, mapped, d->groups, group_of, &g, summary);
    for (size_t group = 0; group < d->groups; group++)
        set_group(d, group, &summary[group]);
    td_free(summary);
    td_free(mapped);
}

/* The number that is made of value k of row i. */
static float number_of(const td_derivation *d, double value, const int32_t *category, int64_t i,
                       int64_t k)
{
    const double mapped = d->transform->map ? (double)d->transform->map((float)value) : value;
    if (d->groups == 0)
        return td_scale_normalized(&d->scale, mapped);
    const int64_t group = category ? category[i] : k;
    return (float)((mapped - d->means[group]) / d->deviations[group]);
}

void td_apply_numbers(const td_derivation *d, const td_frame *frame, void *made)
{
    const td_field *from = td_frame_find(frame, d->from);
    const int32_t *category = d->within ? td_frame_values(frame, d->within) : NULL;
    const int64_t width = from->width;
    float *numbers = made;
#pragma omp parallel for
    for (int64_t i = 0; i < frame->count; i++) {
        float *to = numbers + i * d->width;
        const bool is_missing = isnan(td_value_at(from, i * width));
        for (int64_t k = 0; k < width; k++)
            to[k] = is_missing ? 0 : number_of(d, td_value_at(from, i * width + k), category, i, k);
        if (d->flags)
            to[width] = is_missing;
    }
}
