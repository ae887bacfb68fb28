/* What a feature makes of the numbers and times of a field before a model reads them: a row of a
 * table, with a function that fits its scale and one that applies it.
 *
 * A scale is fitted to what training knows: the schema's summary, or the values of training rows,
 * or of users and items that have such rows. All functions but fit are Local.
 */
#ifndef TD_DATA_TRANSFORM_H
#define TD_DATA_TRANSFORM_H

#include "comm/comm.h"
#include "data/frame.h"
#include "data/schema.h"
#include "data/time_scale.h"
#include "tandem/config.h"
#include "tandem/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_transform td_transform;

/* A field that is derived from another one: int32 ids, or float32 numbers. */
typedef struct {
    char *name;
    char *from; /* the field */
    td_of of;
    const td_transform *transform;
    int64_t buckets; /* as the configuration has them */
    td_time_scale scale;
} td_derivation;

/* The training values of a field, of which every rank has a part. */
typedef struct {
    td_comm *comm;
    const td_schema_field *about;
    const td_field *field;
    int64_t count; /* of this rank, missing ones included */
} td_training_values;

/* A row of the table. What is missing comes to id 0, or to 0, the mean. */
struct td_transform {
    const char *name;
    unsigned kinds;        /* of fields that it reads, as bits */
    const char *expected;  /* what is said of another field, or of too few buckets */
    int64_t least_buckets; /* of features.NAME.buckets; 0: it has none */
    bool makes_ids;        /* ids of a table, not numbers */
    int64_t more_ids;      /* besides the buckets */
    void (*begin)(const td_schema_field *from, td_derivation *d); /* what the schema tells */
    /* Collective. What it does not tell; NULL for nothing. */
    void (*fit)(const td_training_values *values, td_derivation *d);
    /* made[i], int32 or float32, becomes that of element i of from. */
    void (*apply)(const td_derivation *d, const td_field *from, int64_t count, void *made);
};

/* Sets what a feature makes of its field: NULL for one that is read as it is. TD_ERR_CONFIG if that
 * does not fit the field. */
td_status td_transform_find(const td_feature_config *config, const td_schema_field *from,
                            const td_transform **transform);

/* Answers TD_ERR_CONFIG: what is expected of a key of a feature that reads this field. */
td_status td_feature_fail(const td_feature_config *config, const td_schema_field *from,
                          const char *key, const char *expected);

/* Returns how many ids a feature has, 0 included; 0 of numbers. */
int64_t td_transform_ids(const td_transform *transform, const td_feature_config *config);

#endif
