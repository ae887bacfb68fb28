/* Groups of rows and users whose metrics stand beside those of all (eval.by): four by how many
 * training rows a user has (activity) or a row's item (popularity), or those of a field of users,
 * of items or of rows: its categories, or four of its numbers.
 *
 * Four are cut so that each has equally many of the users, items or rows that training has; equal
 * numbers share the lower one. Group 0 has what is missing: no training row, no value.
 */
#ifndef TD_EVAL_GROUPS_H
#define TD_EVAL_GROUPS_H

#include "data/dataset.h"
#include "data/rows.h"
#include "data/time_scale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins as {0}, no groups; td_groups_free frees it. */
typedef struct {
    size_t count;
    char **name; /* (count) */
    td_of of;    /* whose they are; only users' have metrics of users */

    /* The group of each user, by place in the file, or item, by id; of rows it is found by: */
    int32_t *group;
    const td_schema_field *field;
    td_time_scale edges; /* of numbers */
} td_groups;

/* Collective. Finds the groups that eval.by names, the same on every rank; none if it is none.
 * TD_ERR_CONFIG if it names what has none. data must last as long. */
td_status td_groups_find(td_comm *comm, td_dataset *data, const char *by, td_groups *groups);
void td_groups_free(td_groups *groups);

/* Local. Tells whether eval.by can name them. */
td_status td_groups_check(const td_schema *schema, const char *by);

/* Local. Sets group (rows) to those of rows of users, by place in the file, user by user. */
void td_groups_of_rows(const td_groups *groups, td_range users, const int64_t *row_offsets,
                       const td_rows *rows, int32_t *group);

#endif
