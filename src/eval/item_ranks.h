/* Exact places by counting: how many candidates score higher than a row's item, and how many others
 * score the same.
 *
 * Each rank embeds a contiguous partition of the candidates once, in whole column tiles, and counts
 * among them; a sum of integers over the ranks gives the exact place, hence every top-k metric at
 * every k, for any number of ranks. The item's own score is the same chain of operations as the
 * candidate's, so an item never outranks itself, nor ties with itself. A score that is not finite
 * is a miss: above is TD_NOT_RANKED. What ties mean is the metrics' business (metric.h).
 */
#ifndef TD_EVAL_ITEM_RANKS_H
#define TD_EVAL_ITEM_RANKS_H

#include "base/range.h"
#include "comm/comm.h"
#include "data/alive.h"
#include "eval/seen_items.h"
#include "model/columns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_NOT_RANKED INT64_MAX

enum { TD_SCORED_ONLY = -1 }; /* a weight */

/* Where a row's item stands among the candidates of its query. */
typedef struct {
    int64_t above; /* candidates that score higher; TD_NOT_RANKED: a miss */
    int64_t tied;  /* other candidates that score the same */
} td_item_place;

/* This rank's partition of the candidates. */
typedef struct {
    td_columns columns;
    int64_t table_rows;
    int32_t *column_of_item; /* (table_rows): place in columns, -1 if not in this partition */
    int32_t *item_of_column; /* (columns), ascending */
} td_candidates;

/* Sets v (n, width) to the embeddings of n items. */
typedef void td_embed_partition(const void *context, size_t n, const int32_t *items, float *v);

/* Each rank takes its own partition; Local if embed is, which is called once on every rank. Embeds
 * this rank's share of the items: weight [i] says how often item i of the item table is a
 * candidate, 0 for not at all; one of TD_SCORED_ONLY is none, but has a score and an embedding.
 * Free it with td_candidates_free. */
void td_candidates_create(td_candidates *candidates, const td_comm *comm, int64_t table_rows,
                          const int32_t *weight, size_t width, td_embed_partition *embed,
                          const void *context);

/* The same of width 1 with counts (items + 1) for embeddings, so that a query of 1 scores by them.
 */
void td_candidates_of_counts(td_candidates *candidates, const td_comm *comm, int64_t table_rows,
                             const int32_t *weight, const int64_t *counts);
void td_candidates_free(td_candidates *candidates);

/* Scores of this rank's candidates for queries, by whatever the system computes them with. The
 * functions are Local and called by several threads at a time. td_scorer_free frees what it owns.
 */
typedef struct td_scorer td_scorer;
struct td_scorer {
    const td_candidates *candidates;
    const td_kernels *kernels;
    const float *u; /* (queries, width), of scores that are products; else NULL, as the next */
    const void *of; /* what the system has learned */
    size_t queries;
    td_seen had;  /* the queries' items, which it owns */
    void *memory; /* what it remembers of them, which it owns */

    /* Sets scores (n, columns of the tile in whole lanes), rows TD_COLUMN_STRIDE apart, to those of
     * queries from first on; columns that fill the last tile up score -infinity. */
    void (*score)(const td_scorer *scorer, size_t tile, size_t first, size_t n, float *scores);

    /* Returns one of them, the same bits. */
    float (*score_one)(const td_scorer *scorer, size_t query, size_t column);
};

/* Returns a scorer by products of embeddings u (queries, width) and the candidates'; u is the
 * caller's, who may give it away as its memory. */
td_scorer td_product_scorer(const td_candidates *candidates, const td_kernels *kernels,
                            const float *u);
void td_scorer_free(td_scorer *scorer);

/* Rows to be ranked: row i asks with query[i] (ascending) for item[i]. */
typedef struct {
    size_t queries;
    size_t rows;
    const int32_t *query; /* (rows) */
    const int32_t *item;  /* (rows) */
    /* What is no candidate for a query: ascending items, NULL for none. */
    const td_range *seen_of_query; /* (queries), of seen */
    const int32_t *seen;
    const td_alive
        *alive;          /* those that are not alive at the query's time are none; NULL: all are */
    const int64_t *time; /* (queries) */
    const bool *is_out; /* (rows): the row's item is no candidate of its query, so a miss; NULL: all
                           are */
} td_ranking;

/* Collective. Sets place (rows), and own_score (rows) to the scores of the rows' own items unless
 * it is NULL, the same on every rank. TD_ERR_FORMAT if an item is not among those that were
 * embedded.
 */
td_status td_item_places(td_comm *comm, const td_scorer *scorer, const td_ranking *ranking,
                         td_item_place *place, float *own_score);

/* What a rank knows of a row whose item is in its partition; 0 for the other rows. */
int64_t td_known_value(float value);

/* Collective. Sets value (rows) on every rank to what the one rank knows that has the row's item;
 * known (rows) is used up. TD_ERR_FORMAT if an item is not among those that
 * were embedded. */
td_status td_share_known(td_comm *comm, const td_ranking *ranking, int64_t *known, float *value);

#endif
