/* A list of derivations. */
#include "data/derive.h"

#include "base/log.h"
#include "base/memory.h"

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
                        const td_feature_config *config)
{
    const td_transform *transform;
    const td_status status = td_transform_find(config, from, &transform);
    TD_ASSERT(status == TD_OK && transform);
    derivations->derivation = td_reallocate(derivations->derivation, derivations->count,
                                            derivations->count + 1, sizeof(td_derivation));
    td_derivation *d = &derivations->derivation[derivations->count++];
    *d = (td_derivation){
        .name = td_copy_text(name),
        .from = td_copy_text(from->name),
        .of = from->of,
        .transform = transform,
        .buckets = config->buckets,
    };
    transform->begin(from, d);
}

const td_derivation *td_derivations_find(const td_derivations *derivations, const char *name)
{
    for (size_t i = 0; i < derivations->count; i++)
        if (strcmp(derivations->derivation[i].name, name) == 0)
            return &derivations->derivation[i];
    return NULL;
}

void td_derive(const td_derivations *derivations, td_of of, td_frame *frame)
{
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        if (d->of != of || !td_frame_find(frame, d->from))
            continue;
        td_field *made =
            td_frame_add(frame, d->name, d->transform->makes_ids ? TD_INT32 : TD_FLOAT32, 1);
        d->transform->apply(d, td_frame_find(frame, d->from), frame->count, made->values);
    }
}
