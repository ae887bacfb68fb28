/* What is made on the way from tables to a data file, and the steps of that way, in their order.
 * Each rank has its part of the rows; from td_send_to_owners on, those of the users that it owns.
 */
#ifndef TD_PREPARE_PREPARING_H
#define TD_PREPARE_PREPARING_H

#include "prepare/catalog.h"
#include "prepare/input_state.h"
#include "prepare/prepared.h"
#include "prepare/reader.h"
#include "prepare/source.h"
#include "prepare/user_order.h"
#include "prepare/user_owners.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    td_comm *comm;
    const td_prepare_options *options;
    td_prepare_report *report;
    const struct td_split_rule *rule; /* split_rule.h */
    const td_source *source;
    td_input_states inputs; /* of rank 0, before they are read */
    const char *out_path;
    td_catalog catalog;
    td_records rows;   /* the interactions, whose names are numbered and whose users have owners */
    td_records others; /* the rows of the table of users */
    int64_t total;     /* interactions of all ranks that are left so far */
    bool left_some;    /* not all are */
    td_user_owners owners;
    td_prepared prepared;
    int64_t *row;                  /* (rows) number among the interactions that are left */
    uint8_t *split;                /* (rows) td_split */
    int64_t split_rows[TD_SPLITS]; /* of all ranks */
    td_frame users;                /* fields of this rank's users, by number */
    bool *is_told;                 /* (users) by a row of their table; NULL without one */
    td_frame items;                /* fields of items, by id */
} td_preparing;

/* Local. The number of each record's user: in the vocabulary that was read, and then among the
 * users of this rank (users.c). */
int32_t *td_user_of(const td_preparing *p, const td_records *records);

/* Local. TD_ERR_INPUT for more names than ids can tell apart (numbering.c). */
td_status td_check_names(const td_preparing *p, const char *what, int64_t count);

/* Collective. TD_ERR_INPUT for a name among the keys of each rank, sorted ones, with a line end:
 * the first, where a later rank has no smaller one (numbering.c). */
td_status td_check_keys(const td_preparing *p, const char *what, const td_vocabulary *keys);

/* Collective. Gives the names of all fields but of the users the numbers that they have together,
 * in byte order, and makes the schema and the fields of items (numbering.c). */
td_status td_number_fields(td_preparing *p);

/* Collective. Users get the numbers that they have in byte order, those owners, and these all of
 * their rows, in the order of the input; then this rank's users get their fields (users.c). */
td_status td_send_to_owners(td_preparing *p);
td_status td_collect_users(td_preparing *p);

/* Local. Puts sessions in the place of this rank's users: each row gets the number of its own,
 * whose names become those of the field, as if they had been read (sessions.c). */
void td_cut_sessions(td_preparing *p);

/* Collective. Leaves the rows that the rules say, the users that have one or are told of in their
 * own table, and the items likewise; rows are numbered anew, and weighed (row_rules.c). */
td_status td_choose_rows(td_preparing *p);

/* Collective. Leaves names out that too few values have of the rows that are left (numbering.c). */
void td_drop_rare_names(td_preparing *p);

/* Collective. Tells of each field what is missing and how its numbers are spread, of the rows that
 * --statistics chose (summary.c). */
void td_describe_fields(td_preparing *p);

#endif
