/* Fields that are derived from those of a file before a model reads them: the bucket of a time as
 * an id, a number or time normalized. All functions are Local.
 */
#ifndef TD_DATA_DERIVE_H
#define TD_DATA_DERIVE_H

#include "data/frame.h"
#include "data/schema.h"
#include "data/time_scale.h"

#include <stdbool.h>
#include <stddef.h>

/* One derived field: int32 ids of buckets, or float32 numbers. What is missing comes to bucket 0,
 * or to 0, the mean. */
typedef struct {
    char *name;
    char *from; /* a field of numbers or times */
    td_of of;
    bool is_bucket;
    td_time_scale scale;
} td_derivation;

/* Begins as {0}; td_derivations_free frees what it holds. */
typedef struct {
    size_t count;
    td_derivation *derivation; /* (count) */
    const char *kept;          /* a field that is read as it is, too; the schema's name, or NULL */
} td_derivations;

void td_derivations_free(td_derivations *derivations);

/* Adds the derivation of a field of this name from a field of the data: its bucket among so many,
 * evenly spaced from its lowest to its highest value, or, with 0 buckets, the normalized number. */
void td_derivations_add(td_derivations *derivations, const char *name, const td_schema_field *from,
                        int64_t buckets);

/* Returns the derivation of a field of this name, NULL if there is none. */
const td_derivation *td_derivations_find(const td_derivations *derivations, const char *name);

/* Adds to a frame what is derived from fields of rows, users or items, those that the frame has. */
void td_derive(const td_derivations *derivations, td_of of, td_frame *frame);

#endif
