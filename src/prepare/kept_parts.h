/* What the sources of kept.h share. */
#ifndef TD_PREPARE_KEPT_PARTS_H
#define TD_PREPARE_KEPT_PARTS_H

#include "prepare/kept.h"
#include "prepare/prepared.h"

/* What is kept, whole on every rank. */
typedef struct {
    td_comm *comm;
    td_dataset *data;
    td_dataset *older;
    td_prepared prepared; /* the schema of the file to be, and the names of its ids; of users in the
                             file's order */
    int64_t known_users;  /* of the data's users without an id, whom the older file knows */
    int64_t users;        /* that are absent */
    int64_t items;        /* likewise */
    td_frame user_fields; /* (users) as the schema says */
    td_frame item_fields; /* (items) */
    int64_t rows;         /* that the older item list has of these items: */
    int32_t *row_item;    /* (rows): their items, by id */
    td_strings row_ids;
    td_strings row_titles; /* without offsets where the data have no titles */
} td_kept;

/* Collective. Finds what is absent, and what it is in the file to be. td_kept_free frees it, also
 * after a failure. */
td_status td_kept_find(td_kept *kept);
void td_kept_free(td_kept *kept);

#endif
