/* The items of users' training rows: none of them is a negative for its user (retrieval.mask_own).
 * A user's rows are in one shard, so a rank has them all. All functions are Local.
 */
#ifndef TD_TRAIN_OWN_ITEMS_H
#define TD_TRAIN_OWN_ITEMS_H

#include "base/memory.h"
#include "data/batches.h"

typedef struct {
    td_range users;   /* ids, from the first to the last that this rank has rows of */
    int64_t *offsets; /* (users + 1): user u has items [offsets[u], offsets[u + 1]), */
    int32_t *items;   /* distinct, ascending */

    /* Of the group that was met last. */
    td_range *masked;    /* (rows of a step): of columns, ascending: those of each row's user */
    td_buffer columns;   /* int32_t */
    td_range *of_user;   /* (users): the same of those whose rows were met, */
    int64_t *meeting_of; /* (users): and when */
    int64_t meeting;
} td_own_items;

/* Finds the items of users in rows, of those whose byte in trains (NULL: all) is not 0. my_rows:
 * the most rows of a step. Free with td_own_items_free, which frees {0}, too. */
td_own_items td_own_items_create(const td_rows *rows, const uint8_t *trains, int64_t my_rows);
void td_own_items_free(td_own_items *own);

/* Returns the bytes that so many rows of so many users take. */
size_t td_own_items_bytes(int64_t rows, int64_t users, int64_t my_rows);

/* Finds the columns of a group that its rows, [from, to) of a batch, are masked for: those of their
 * users' items. items (columns) are the columns', ascending; place_of (an entry for every item) is
 * -1 throughout, before and after. */
void td_own_items_meet(td_own_items *own, const td_rows *rows, td_range group, size_t columns,
                       const int32_t *items, int32_t *place_of);

/* Returns the columns that masked ranges are of. */
static inline const int32_t *td_own_items_columns(const td_own_items *own)
{
    return own->columns.at;
}

#endif
