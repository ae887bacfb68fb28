/* The negatives that users bring themselves: items of their rows in a step that a condition
 * (tasks.retrieval.negatives) finds. A user's rows are in one shard, so a rank has them all.
 *
 * All functions are Local.
 */
#ifndef TD_TRAIN_USER_NEGATIVES_H
#define TD_TRAIN_USER_NEGATIVES_H

#include "data/batches.h"

/* A negative of a user. */
typedef struct {
    int32_t user;
    int32_t column; /* of its group */
} td_user_negative;

typedef struct {
    size_t count;
    td_user_negative *sorted; /* (count): by user, then by column */
    int32_t *columns;         /* (count): the same, alone */
} td_user_negatives;

/* Makes room for this rank's rows of a step; td_user_negatives_free frees it. */
td_user_negatives td_user_negatives_create(const td_batch_limits *limits);
void td_user_negatives_free(td_user_negatives *negatives);

/* Finds those of a batch's rows whose byte in is_negative is not 0; own: each row's column. */
void td_user_negatives_find(td_user_negatives *negatives, const td_batch *batch,
                            const uint8_t *is_negative, const int32_t *own);

/* Returns those of a user, a range of columns. */
td_range td_user_negatives_of(const td_user_negatives *negatives, int32_t user);

#endif
