/* What a feature makes of the values of a field before a model reads them: a row of a table, with
 * functions that begin its scale from the schema, fit it to training values and apply it.
 *
 * A scale is fitted to what training knows: the schema's summary, or the values of training rows,
 * or of users and items that have such rows. All functions but fit are Local.
 */
#ifndef TD_DATA_TRANSFORM_H
#define TD_DATA_TRANSFORM_H

#include "data/frame.h"
#include "data/schema.h"
#include "data/time_scale.h"
#include "tandem/config.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_transform td_transform;

/* The name of a field that no schema has: the ids of items, in a frame that is not by id. */
#define TD_FIELD_ID ".id"
typedef struct td_training_values td_training_values; /* transform_parts.h */

/* A field that is derived from another one: int32 ids, or float32 numbers. */
typedef struct {
    char *name;
    char *from;
    td_of of;
    const td_transform *transform;
    int64_t width; /* values of an element that is made */

    /* As the configuration has them: */
    int64_t buckets;
    int64_t zone; /* seconds that its clocks are ahead of UTC */
    bool flags;   /* the last value of an element says whether it is missing */
    char *within; /* a category of the same rows, users or items; NULL: none */
    char *serve;  /* what the field has in use, as text; NULL: its own values */

    bool needs_fit; /* the schema does not tell all */
    td_time_scale scale;
    size_t groups;      /* by category, or by value of a vector; 0: scale is that of all */
    double *means;      /* (groups) */
    double *deviations; /* (groups) */
    float *of_items;    /* by id, id 0 first: what is made of each item; NULL: it is made of from */
    td_frame served;    /* from and within in use, one row; no field: the values themselves */
} td_derivation;

/* A row of the table. What is missing comes to id 0, or to the number 0. */
struct td_transform {
    const char *name;
    unsigned kinds;             /* of fields that it reads, as bits */
    const char *expected;       /* what is said of another field, or of too few buckets */
    int64_t least_buckets;      /* of features.NAME.buckets; 0: it has none */
    bool makes_ids;             /* ids of a table, not numbers */
    int64_t more_ids;           /* besides the buckets */
    bool is_of_items;           /* of each item, from a field of its rows */
    float (*map)(float number); /* first of all; NULL: none */
    void (*begin)(const td_schema_field *from, td_derivation *d); /* what the schema tells */
    /* Collective. What it does not tell, where needs_fit is set. */
    void (*fit)(const td_training_values *values, td_derivation *d);
    /* made (frame->count, d->width), int32 or float32, becomes what the frame's rows have. */
    void (*apply)(const td_derivation *d, const td_frame *frame, void *made);
};

/* Sets what a feature makes of its field: NULL for one that is read as it is. TD_ERR_CONFIG if that
 * does not fit the field. */
td_status td_transform_find(const td_feature_config *config, const td_schema_field *from,
                            const td_transform **transform);

/* Answers TD_ERR_CONFIG: what is expected of a key of a feature that reads this field. */
td_status td_feature_fail(const td_feature_config *config, const td_schema_field *from,
                          const char *key, const char *expected);

/* Returns how many ids a feature has, 0 included; 0 of numbers. */
int64_t td_transform_ids(const td_transform *transform, const td_feature_config *config,
                         const td_schema_field *from);

#endif
