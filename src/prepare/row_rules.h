/* Which interactions are left, and what becomes of repeated ones: rules that see all rows of this
 * rank's users, in the order in which td_choose_rows (row_rules.c) asks them. */
#ifndef TD_PREPARE_ROW_RULES_H
#define TD_PREPARE_ROW_RULES_H

#include "base/memory.h"
#include "prepare/preparing.h"

#include <stdbool.h>
#include <stdint.h>

/* The rows, and whether each is left so far. */
typedef struct {
    td_preparing *p;
    bool *keep;             /* (rows) */
    const int32_t *user;    /* (rows) number among this rank's users, from 1 */
    const int32_t *item;    /* (rows) */
    const int64_t *time;    /* (rows) NULL without times */
    int64_t *offsets, *row; /* (users + 1), (rows) the rows of each user, in the order of the input;
                               each user's may be put into another order */
    td_buffer work;         /* of td_sort_left */
} td_row_choice;

/* Local. Begins with all rows, grouped by user by td_group_rows; td_row_choice_end frees what it
 * holds. */
td_row_choice td_row_choice_begin(td_preparing *p);
void td_group_rows(td_row_choice *rows);
void td_row_choice_end(td_row_choice *rows);

/* Collective. Leaves the rows that satisfy a condition (where.c). */
td_status td_keep_where(td_row_choice *rows, const char *condition, td_place place);

/* Collective. Of the rows that repeat each other leaves one, with the weight that it then has
 * (repeats.c). */
td_status td_keep_distinct(td_row_choice *rows);

/* Local. Leaves the newest max_user_rows of each user. */
void td_keep_newest(td_row_choice *rows, int64_t max_user_rows);

/* Collective. Leaves the largest set of users and items in which each user has so many different
 * items and each item so many different users (k_core.c). */
void td_keep_core(td_row_choice *rows, int64_t min_user_items, int64_t min_item_users);

/* An order of places of rows: by keys, and where these are equal by compare, which is below, at or
 * above 0. No two rows are equal in both. */
typedef struct {
    uint64_t (*key)(const void *context, int64_t place);
    int (*compare)(const void *context, int64_t left, int64_t right);
    const void *context;
} td_row_order;

/* Local. Puts those of the n rows that are left first, in this order, and returns how many these
 * are. */
int64_t td_sort_left(td_row_choice *rows, int64_t n, int64_t *row, const td_row_order *order);

/* Local. Compares two rows by an order. */
int td_row_compare(const td_row_order *order, int64_t left, int64_t right);

/* Local. The order by time where there are times, then by the input. */
td_row_order td_by_time(const td_row_choice *rows);

#endif
