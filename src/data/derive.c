/* A list of derivations. */
#include "data/derive.h"

#include "base/log.h"
#include "base/memory.h"
#include "text/time_text.h"

#include <string.h>

void td_derivations_free(td_derivations *derivations)
{
    for (size_t i = 0; i < derivations->count; i++) {
        td_derivation *d = &derivations->derivation[i];
        td_free(d->name);
        td_free(d->from);
        td_free(d->within);
        td_free(d->serve);
        td_free(d->means);
        td_free(d->deviations);
        td_free(d->of_items);
        td_frame_free(&d->served);
        td_time_scale_free(&d->scale);
    }
    td_free(derivations->derivation);
    *derivations = (td_derivations){0};
}

/* A copy of a text of the configuration; NULL where it says nothing. */
static char *said(const char *text)
{
    return text && *text ? td_copy_text(text) : NULL;
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
        .of = transform->is_of_items ? TD_OF_ITEM : from->of,
        .transform = transform,
        .buckets = config->buckets,
        .flags = config->flag && from->missing > 0,
        .within = said(config->within),
        .serve = said(config->serve),
    };
    if (config->zone)
        td_time_read_zone(config->zone, &d->zone);
    d->width = transform->makes_ids ? 1 : (from->width > 1 ? from->width : 1) + d->flags;
    transform->begin(from, d);
    d->needs_fit = d->needs_fit || d->serve;
}

const td_derivation *td_derivations_find(const td_derivations *derivations, const char *name)
{
    for (size_t i = 0; i < derivations->count; i++)
        if (strcmp(derivations->derivation[i].name, name) == 0)
            return &derivations->derivation[i];
    return NULL;
}

bool td_derivations_read(const td_derivations *derivations, const td_schema_field *field)
{
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        if (d->of == field->of && (strcmp(d->from, field->name) == 0 ||
                                   (d->within && strcmp(d->within, field->name) == 0)))
            return true;
    }
    return false;
}

bool td_derivations_agree(const td_derivation *a, const td_derivation *b)
{
    return a->transform == b->transform && a->zone == b->zone && a->scale.count == b->scale.count &&
           (a->scale.count == 0 ||
            memcmp(a->scale.edges, b->scale.edges, a->scale.count * sizeof *a->scale.edges) == 0);
}

/* Every row gets what is made of the one value that is served. */
static void serve(const td_derivation *d, int64_t count, size_t bytes, char *made)
{
    if (count == 0)
        return;
    d->transform->apply(d, &d->served, made);
    for (int64_t i = 1; i < count; i++)
        memcpy(made + (size_t)i * bytes, made, bytes);
}

static void derive(const td_derivations *derivations, td_of of, bool in_use, td_frame *frame)
{
    for (size_t i = 0; i < derivations->count; i++) {
        const td_derivation *d = &derivations->derivation[i];
        const td_type type = d->transform->makes_ids ? TD_INT32 : TD_FLOAT32;
        if (d->of != of || !(d->transform->is_of_items || td_frame_find(frame, d->from)))
            continue;
        td_field *made = td_frame_add(frame, d->name, type, d->width);
        if (in_use && d->served.fields > 0)
            serve(d, frame->count, td_field_size(made), made->values);
        else
            d->transform->apply(d, frame, made->values);
    }
}

void td_derive(const td_derivations *derivations, td_of of, td_frame *frame)
{
    derive(derivations, of, true, frame);
}

void td_derive_for_training(const td_derivations *derivations, td_of of, td_frame *frame)
{
    derive(derivations, of, false, frame);
}
