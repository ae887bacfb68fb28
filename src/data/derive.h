/* Fields that are derived from those of a file before a model reads them, each by a transform. */
#ifndef TD_DATA_DERIVE_H
#define TD_DATA_DERIVE_H

#include "data/frame.h"
#include "data/schema.h"
#include "data/transform.h"

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

/* Adds to a frame what is derived from fields of rows, users or items, those that the frame has. */
void td_derive(const td_derivations *derivations, td_of of, td_frame *frame);

#endif
