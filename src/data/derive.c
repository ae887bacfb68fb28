/* Derived fields, one loop each. */
#include "data/derive.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

void td_derivations_free(td_derivations *derivations)
{
    for (size_t i = 0; i < derivations->count; i++) {
        td_free(derivations->derivation[i].name);
        td_free(derivations->derivation[i].from);
        td_time_scale_free(&derivations->derivation[i].scale);
    }
    td_free(derivations->derivation);
    *derivations = (td_derivations){0};
}

void td_derivations_add(td_derivations *derivations, const char *name, const td_schema_field *from,
                        int64_t buckets)
{
    const size_t edges = buckets > 0 ? (size_t)buckets - 1 : 2;
    const td_summary *summary = &from->summary;
    derivations->derivation = td_reallocate(derivations->derivation, derivations->count,
                                            derivations->count + 1, sizeof(td_derivation));
    derivations->derivation[derivations->count++] = (td_derivation){
        .name = td_copy_text(name),
        .from = td_copy_text(from->name),
        .of = from->of,
        .is_bucket = buckets > 0,
        .scale = td_time_scale_create(edges, (int64_t)summary->low, (int64_t)summary->high,
                                      summary->mean, summary->variance),
    };
}

const td_derivation *td_derivations_find(const td_derivations *derivations, const char *name)
{
    for (size_t i = 0; i < derivations->count; i++)
        if (strcmp(derivations->derivation[i].name, name) == 0)
            return &derivations->derivation[i];
    return NULL;
}

static void set_buckets(const td_time_scale *scale, int64_t count, const int64_t *times,
                        int32_t *buckets)
{
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++)
        buckets[i] = td_time_bucket(scale, times[i]);
}

static void normalize_times(const td_time_scale *scale, int64_t count, const int64_t *times,
                            float *numbers)
{
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++)
        numbers[i] = times[i] == INT64_MIN ? 0 : td_time_normalized(scale, times[i]);
}

static void normalize_numbers(const td_time_scale *scale, int64_t count, const float *values,
                              float *numbers)
{
#pragma omp parallel for
    for (int64_t i = 0; i < count; i++)
        numbers[i] =
            isnan(values[i]) ? 0 : (float)(((double)values[i] - scale->mean) / scale->deviation);
}

static void derive(const td_derivation *d, td_frame *frame)
{
    td_field *made = td_frame_add(frame, d->name, d->is_bucket ? TD_INT32 : TD_FLOAT32, 1);
    const td_field *from = td_frame_find(frame, d->from);
    if (d->is_bucket)
        set_buckets(&d->scale, frame->count, from->values, made->values);
    else if (from->type == TD_INT64)
        normalize_times(&d->scale, frame->count, from->values, made->values);
    else
        normalize_numbers(&d->scale, frame->count, from->values, made->values);
}

void td_derive(const td_derivations *derivations, td_of of, td_frame *frame)
{
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        if (d->of == of && td_frame_find(frame, d->from))
            derive(d, frame);
    }
}
