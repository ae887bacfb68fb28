/* EASE: linear weights between items, of a closed form. With X the users' distinct training items
 * (users, items), 1 or 0, and P = (X'X + l2 I)^-1, an item i's score for a user is the sum of B_ji
 * over the user's items j, in the order of their ids:
 *
 *     B_ji = -P_ji / P_ii, but B_ii = 0
 *
 * X'X is of whole numbers, which ranks share; the inverse is made by one rank in one thread. So the
 * bits are the same on any number of ranks and threads, but of one type of CPU: OpenBLAS has other
 * kernels on another.
 *
 * Source: Steck 2019, "Embarrassingly shallow autoencoders for sparse data".
 */
#ifndef TD_EVAL_EASE_H
#define TD_EVAL_EASE_H

#include "data/dataset.h"
#include "eval/item_ranks.h"
#include "eval/seen_items.h"

#include <stddef.h>
#include <stdint.h>

typedef struct td_ease td_ease;

/* Collective. TD_ERR_CONFIG where more items than so many have training rows, with the memory and
 * time that they would take, TD_ERR_LAYOUT where rank 0 cannot load LAPACK. */
td_status td_ease_check(td_dataset *data, int64_t most_items);

/* Collective. Sets the bytes of the matrix that rank 0 has meanwhile, and those of the weights, of
 * all ranks together. */
td_status td_ease_bytes(td_dataset *data, int64_t *matrix, int64_t *weights);

/* Collective. Each rank keeps the weights to its own partition of the candidates; rank 0 has the
 * square of the number of items in double meanwhile. l2 is above 0; TD_ERR_NUMERIC where it is too
 * small for an inverse. Only after td_ease_check. The caller frees it with td_ease_free. */
td_status td_ease_create(td_comm *comm, td_dataset *data, double l2,
                         const td_candidates *candidates, td_ease **out);
void td_ease_free(td_ease *ease);

/* Local. Returns a scorer of these candidates for queries of users, ids, and of items that are told
 * (td_user_items_of); free it with td_scorer_free. */
td_scorer td_ease_scorer(const td_ease *ease, const td_candidates *candidates,
                         const td_kernels *kernels, size_t queries, const int32_t *users,
                         const td_seen *told);

#endif
