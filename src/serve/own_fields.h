/* Fields that a table of users told of those who have no training row, and so no id. */
#ifndef TD_SERVE_OWN_FIELDS_H
#define TD_SERVE_OWN_FIELDS_H

#include "data/dataset.h"
#include "serve/given.h"

/* Begins as {0}; td_frame_free frees the fields. */
typedef struct {
    int64_t first;   /* the place in the data file of the first user without id */
    td_frame fields; /* of these users */
} td_own_fields;

/* Collective. Reads them whole on every rank: those of these names, ended by NULL, or all if names
 * is NULL. */
td_status td_own_fields_read(td_dataset *data, const char *const *names, td_own_fields *own);

/* Local. Puts them where the rows of told (as many as places), each of the user of a place in the
 * data file, below 0 for none, miss a value. Returns whether any row is of such a user. */
bool td_own_fields_fill(const td_own_fields *own, const int64_t *place, td_frame *told);

/* Collective. The same of users of whom something is given: of what is not. */
td_status td_own_fields_give(td_given *given);

#endif
