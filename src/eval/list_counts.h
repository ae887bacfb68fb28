/* Metrics of the lists of all users together: how many candidates are in any of them, how unequally
 * often, and how popular they are. They are no means over users, but functions of how often each
 * candidate is listed, in whole numbers, which are the same on any layout.
 *
 *     c_i: in how many lists of k candidate i is, n candidates; p_i: its training rows
 *     coverage    the share of candidates with c_i > 0
 *     Gini        sum_j (2 j - n - 1) c_j / ((n - 1) sum c), c ascending, j from 1
 *     popularity  sum c_i p_i / sum c_i
 *
 * Sources: Ge, Delgado-Battenfeld and Jannach 2010 (catalog coverage); Shani and Gunawardana 2011
 * (Gini); Yin et al. 2012 (average recommendation popularity).
 */
#ifndef TD_EVAL_LIST_COUNTS_H
#define TD_EVAL_LIST_COUNTS_H

#include "comm/comm.h"
#include "eval/metric.h"
#include "eval/top_k.h"
#include "tandem/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be listed, the same for all systems. */
typedef struct {
    int64_t items;             /* of the item table without id 0 */
    const int32_t *weight;     /* (items + 1): above 0 for candidates */
    const int64_t *popularity; /* (items + 1): training rows */
} td_listable;

/* Begins as {0}, which counts nothing; td_list_counts_free frees it. */
typedef struct {
    const td_listable *listable;
    td_int_list ks;
    size_t longest; /* the items of a list: the largest k, as far as there are candidates */
    int64_t *times; /* (ks, items + 1): how often each is listed */
} td_list_counts;

td_list_counts td_list_counts_create(const td_listable *listable, td_int_list ks);
void td_list_counts_free(td_list_counts *counts);

/* Local. Adds lists (count, longest). */
void td_list_counts_add(td_list_counts *counts, size_t count, const td_listed *lists);

/* Collective. Makes them those of all ranks, once. */
void td_list_counts_join(td_list_counts *counts, td_comm *comm);

/* Local. Returns a metric that needs lists, at a k; NaN where nothing is listed. */
double td_list_counts_metric(const td_list_counts *counts, const td_metric *metric, int64_t k);

#endif
