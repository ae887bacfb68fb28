/* What the sources of spec.h share: declarations of features, on their way to a spec. All functions
 * are Local. */
#ifndef TD_MODEL_SPEC_PARTS_H
#define TD_MODEL_SPEC_PARTS_H

#include "model/spec.h"

/* What resolving needs. */
typedef struct {
    const td_config *config;
    const char *where;
    const td_schema *schema;
    td_spec *spec;
    size_t reader;   /* whose features, */
    const char *key; /* which the configuration lists there */
} td_resolver;

/* A name's declaration, with its field. */
typedef struct {
    td_feature_config config;
    const td_schema_field *field;
    const td_transform *transform; /* NULL: the field is read as it is */
} td_declaration;

/* Finds what a name that the configuration lists declares, and its field. TD_ERR_MISMATCH if the
 * data lack that. */
td_status td_declaration_find(const td_resolver *r, const char *name, td_declaration *found);

/* Finds what is made of the field, and whether an encoder, and who reads it, can: TD_ERR_CONFIG. */
td_status td_declaration_check(const td_resolver *r, td_declaration *d);

/* Whose field it is, ids as fields of what they are the ids of. */
td_of td_declaration_of(const td_declaration *d);

/* Tell whether it has rows of a table; whether these are a history, and one before each row. */
bool td_declares_embedding(const td_declaration *d);
bool td_declares_history(const td_declaration *d);
bool td_declares_before(const td_resolver *r, const td_declaration *d);

#endif
