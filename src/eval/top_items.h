/* The k best candidates of queries: each rank lists the best of its partition, and the lists are
 * merged. The order is top_k.h's, so the lists are the same on any number of ranks, and agree with
 * the ranks by counting: in a list without ties, an item stands behind as many as are above it
 * (item_ranks.h).
 */
#ifndef TD_EVAL_TOP_ITEMS_H
#define TD_EVAL_TOP_ITEMS_H

#include "base/range.h"
#include "comm/comm.h"
#include "eval/item_ranks.h"
#include "eval/top_k.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t queries;
    size_t k;
    /* What is left out of a query's list: items in any order, also
     * twice; NULL for nothing. */
    const td_range *seen_of_query; /* (queries) */
    const int32_t *seen;
    const td_alive *alive; /* nor what is not alive at a query's time; NULL: all are */
    const int64_t *time;   /* (queries) */
} td_top_request;

/* Collective; the request is the same on every rank. Sets best (count, k) to the lists of this
 * rank's own choice of queries, [first, first + count), filled up where there are fewer than k. */
void td_top_items(td_comm *comm, const td_scorer *scorer, const td_top_request *request,
                  size_t first, size_t count, td_listed *best);

#endif
