/* The rows of a block of users that are asked (asked_rows.h), the queries that they make, and the
 * labels that predictions are held against. */
#ifndef TD_EVAL_ASKED_BLOCK_H
#define TD_EVAL_ASKED_BLOCK_H

#include "eval/asked_rows.h"
#include "eval/groups.h"
#include "eval/item_ranks.h"
#include "eval/targets.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    td_comm *comm;
    const td_model *model;
    const td_targets *targets;
    const td_groups *groups;
    td_asked_rule rows;
    bool asks_users;        /* td_asked_block.of_users is needed, */
    bool counts_candidates; /* and .candidates, which takes a look at all items for each time */
} td_block_rule;

/* One query of each user who has rows that are asked: that of the first of them. */
typedef struct {
    size_t count;
    int64_t *place;          /* (count): in the file */
    int32_t *user;           /* (count) */
    int32_t *moment;         /* (count) */
    int64_t *time;           /* (count) */
    td_frame lists;          /* (count) */
    td_frame fields;         /* (count), if the queries have such */
    td_range *seen_of_query; /* (count) */
} td_asked_users;

/* All of it is the same on every rank. */
typedef struct {
    td_range users; /* by place in the file */
    td_asked_rows asked;
    size_t queries;
    int32_t *user;           /* (queries) */
    int32_t *moment;         /* (queries): the row that has its context */
    int64_t *time;           /* (queries): and its time */
    td_frame lists;          /* (queries): their histories */
    td_frame fields;         /* (queries): what the query tower reads of users without an id, who
                                have fields all the same; without a field: those by id */
    td_range *seen_of_query; /* (queries) */
    int32_t *query;          /* (rows) */
    int64_t *candidates;   /* (users): of their lists, or the longest of those; NULL if not asked */
    const td_alive *alive; /* which of them are candidates of a query; NULL: all */
    td_asked_users of_users;
    int32_t *group; /* (rows); NULL without groups */
    size_t targets;
    float **label; /* (targets): of the rows, NaN for those that have none */
} td_asked_block;

/* Collective. Reads the rows of users, which are all with an id or all without, and adds to counts,
 * which have the candidates. td_asked_block_free frees what it gives, also where it fails. */
td_status td_asked_block_read(const td_block_rule *rule, td_range users,
                              td_evaluation_counts *counts, td_asked_block *block);
void td_asked_block_free(td_asked_block *block);

/* Local. The queries, those of users, and the rows that ask the former; what they point to is the
 * block's. */
td_queries td_asked_block_queries(const td_asked_block *block);
td_queries td_asked_block_of_users(const td_asked_block *block);
td_ranking td_asked_block_ranking(const td_asked_block *block);

#endif
