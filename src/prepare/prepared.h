/* The fields that a data file is to have, and what the ids of each are called. All functions are
 * Local. */
#ifndef TD_PREPARE_PREPARED_H
#define TD_PREPARE_PREPARED_H

#include "base/str.h"
#include "data/frame.h"
#include "data/schema.h"
#include "prepare/source.h"

typedef struct {
    td_schema schema;
    td_strings *names; /* (schema.count) of ids from 1 on; without offsets where there are none */
} td_prepared;

/* Adds a field, of another name than all before, and the names of its ids, which are taken over. */
void td_prepared_add(td_prepared *prepared, td_of of, const td_source_field *field,
                     td_strings names);
void td_prepared_free(td_prepared *prepared);

#endif
