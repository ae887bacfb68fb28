/* Neighbors of items: what the systems item_neighbors, rp3beta and content_neighbors score by.
 *
 * An item's score for a user is the sum of the weights w_ji over the user's distinct training items
 * j, in the order of their ids. Users' shares are whole numbers, so that their sums are exact, and
 * every weight is a chain of operations of its own: the bits are the same on any layout.
 *
 * By the users that items have in common, each item j keeps its k strongest neighbors i. By what is
 * known of them, each item i keeps its k strongest j that have training rows, so that an item that
 * has none is reached as well as others.
 *
 *     cosine    w_ji = c_ji / (sqrt(c_jj c_ii) + shrink), c_ji the users who have both
 *     rp3beta   w_ji = c_jj^-alpha s_ji / c_ii^beta, s_ji the sum of c_u^-alpha over the users who
 * have both, c_u being the number of the user's items
 *     content   w_ji = the likeness of their fields (item_likeness.h)
 *
 * Sources: Sarwar et al. 2001; Paudel, Christoffel, Newell, Bernstein 2017, "Updatable, accurate,
 * diverse, and scalable recommendations for interactive applications" (RP3beta); both as in Ferrari
 * Dacrema et al. 2019, whose ItemKNN-CBF is the last.
 */
#ifndef TD_EVAL_ITEM_NEIGHBORS_H
#define TD_EVAL_ITEM_NEIGHBORS_H

#include "data/dataset.h"
#include "eval/item_likeness.h"
#include "eval/item_ranks.h"
#include "eval/seen_items.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool walks; /* rp3beta; else cosine */
    int64_t kept;
    double shrink, alpha, beta;
    bool normalize; /* an item's weights are divided by their sum */
} td_neighbor_rule;

typedef struct td_neighbors td_neighbors;

/* Collective; the whole of it is then on every rank: the users' training items, and the neighbors
 * of all items. The caller frees it with td_neighbors_free. */
td_status td_neighbors_create(td_comm *comm, td_dataset *data, const td_neighbor_rule *rule,
                              td_neighbors **out);

/* The same by what is known of items, of a rule the number that is kept, and normalize, by which an
 * item i's weights are divided by their sum. */
td_status td_neighbors_of_content(td_comm *comm, td_dataset *data, const td_neighbor_rule *rule,
                                  const td_item_likeness *likeness, td_neighbors **out);
void td_neighbors_free(td_neighbors *neighbors);

/* Local. Returns a scorer of this rank's candidates for queries of users, ids, and of items that
 * are told (td_user_items_of); one without items scores 0 everywhere. A query is scored by one
 * thread at a time. Free it with td_scorer_free. */
td_scorer td_neighbors_scorer(const td_neighbors *neighbors, const td_candidates *candidates,
                              const td_kernels *kernels, size_t queries, const int32_t *users,
                              const td_seen *told);

#endif
