/* What the sources of given.h share. */
#ifndef TD_SERVE_GIVEN_PARTS_H
#define TD_SERVE_GIVEN_PARTS_H

#include "prepare/reader.h"
#include "serve/given.h"

/* The name of the column of users' or items' own names, once it is read. */
#define TD_GIVEN_NAME ".name"

/* The column of users' histories, names of items. */
#define TD_GIVEN_COLUMN_HISTORY "history"

static inline const td_schema *td_given_schema(const td_given *given)
{
    return &td_dataset_info(given->data)->schema;
}

/* Local. Sets ids[n] to the item that name number n is of, for a history. One that is not known has
 * 0 and is counted, or is TD_ERR_INPUT; where is for messages. */
td_status td_given_find_items(td_given *given, const char *where, const td_vocabulary *names,
                              int32_t *ids);

/* Collective. Adds what was read. */
td_status td_given_take(td_given *given, const char *where, const td_records *records);

#endif
