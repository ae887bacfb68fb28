/* Fields that are derived from those of a file before a model reads them, each by a transform. */
#ifndef TD_DATA_DERIVE_H
#define TD_DATA_DERIVE_H

#include "data/frame.h"
#include "data/schema.h"
#include "data/transform.h"

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}; td_derivations_free frees what it holds. */
typedef struct {
    size_t count;
    td_derivation *derivation; /* (count) */
    const char *kept;          /* a field that is read as it is, too; the schema's name, or NULL */
} td_derivations;

void td_derivations_free(td_derivations *derivations);

/* Adds the derivation of a field of this name from a field of the data, for a feature that
 * td_transform_find finds right. Local, as all here. */
void td_derivations_add(td_derivations *derivations, const char *name, const td_schema_field *from,
                        const td_feature_config *config);

/* Returns the derivation of a field of this name, NULL if there is none. */
const td_derivation *td_derivations_find(const td_derivations *derivations, const char *name);

/* Tells whether a field's values are derived from. */
bool td_derivations_read(const td_derivations *derivations, const td_schema_field *field);

/* Tells whether two derivations give equal values equal ids. */
bool td_derivations_agree(const td_derivation *a, const td_derivation *b);

/* Adds to a frame what is derived from fields of rows, users or items, those that the frame has: as
 * a model in use reads it, or, for training, of the values themselves also where others are served.
 */
void td_derive(const td_derivations *derivations, td_of of, td_frame *frame);
void td_derive_for_training(const td_derivations *derivations, td_of of, td_frame *frame);

#endif
