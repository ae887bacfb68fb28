/* What each user adds to every metric of every system: the array that files of users, intervals and
 * differences are made of. Each rank has users of its own, by ascending place, and the same ones in
 * every evaluation of a split of the same data, as far as they are kept. Local functions, unless
 * marked.
 */
#ifndef TD_EVAL_USER_SUMS_H
#define TD_EVAL_USER_SUMS_H

#include "comm/comm.h"
#include "math/exact_sum.h"

#include <stddef.h>
#include <stdint.h>

/* Over the user's rows, or of the user, in units of 2^-TD_EXACT_TOTAL. */
typedef struct {
    td_exact value; /* of weight * value */
    td_exact weight;
} td_user_sum;

/* Begins as {.columns = n}; td_user_sums_free frees it. */
typedef struct {
    size_t columns;   /* metrics of all systems, as in td_evaluation.value */
    size_t users;     /* of this rank */
    size_t room;      /* for so many */
    int64_t *place;   /* (users): of each in the data file, ascending */
    td_user_sum *sum; /* (users, columns) */
} td_user_sums;

void td_user_sums_free(td_user_sums *sums);

/* Adds users of zeros, and returns the first's number. */
size_t td_user_sums_add(td_user_sums *sums, size_t users, int64_t first_place);

/* Removes users from this one on, to whom no metric gave a weight. */
void td_user_sums_compact(td_user_sums *sums, size_t from);

/* Collective. Returns all ranks' users one after the other, on every rank. */
td_user_sums td_user_sums_gather(td_comm *comm, const td_user_sums *sums);

#endif
