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

/* The lists of users; each rank has those of users of its own. td_kept_lists_free frees them. */
typedef struct {
    const td_listable *listable;
    td_int_list ks; /* ascending */
    size_t longest; /* the items of a list: the largest k, as far as there are candidates */
    size_t users, room;
    int64_t *place; /* (users): of each in the data file */
    int32_t *item;  /* (users, longest): 0 after a list's end */
} td_kept_lists;

/* Local. Keeps no list yet. */
td_kept_lists td_kept_lists_create(const td_listable *listable, td_int_list ks);
void td_kept_lists_free(td_kept_lists *lists);

/* Local. Adds lists (users, longest). */
void td_kept_lists_add(td_kept_lists *lists, size_t users, const int64_t *place,
                       const td_listed *listed);

/* A metric that needs lists, at a k. */
typedef struct {
    const td_metric *metric;
    int64_t k;
} td_list_metric;

/* Collective. Sets value (n) to metrics of all ranks' lists of users of a group, group_of [place]
 * being a user's; of all users where it is NULL. NaN where nothing is listed. */
void td_list_metrics_find(const td_kept_lists *lists, td_comm *comm, const int32_t *group_of,
                          int32_t group, size_t n, const td_list_metric *metric, double *value);

/* Collective. Sets value (count, n) to the same of resamples of the
 * users (bootstrap.h), each list counting as often as its user. Fewer users are in a resample, with
 * some of them several times, so that less is covered: values are moved so that their mean is the
 * metric of all, and within what it can be. Every rank has all lists meanwhile. */
void td_list_metrics_resample(const td_kept_lists *lists, td_comm *comm, uint64_t seed,
                              size_t count, size_t n, const td_list_metric *metric, double *value);

#endif
